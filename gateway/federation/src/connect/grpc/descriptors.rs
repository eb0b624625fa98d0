//! Owns a source's descriptors: compiled from `.proto` files or read from a set, pruned, and carried as base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use std::collections::HashMap;

/// Gives the files that `proto:` names. The name is as the subgraph or an `import` wrote it.
///
/// A file whose name ends in `.binpb` or `.pb` is a compiled descriptor set; any other is `.proto` text.
pub trait ProtoLoader {
    fn load(&self, name: &str) -> Option<Vec<u8>>;
}

impl<F: Fn(&str) -> Option<Vec<u8>>> ProtoLoader for F {
    fn load(&self, name: &str) -> Option<Vec<u8>> {
        self(name)
    }
}

/// Why there are no descriptors, in words for the file's author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcError {
    /// The file it is about, where it is about one.
    pub file: Option<String>,
    pub message: String,
}

impl std::fmt::Display for GrpcError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{file}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for GrpcError {}

impl GrpcError {
    fn new(file: &str, message: impl Into<String>) -> Self {
        Self { file: Some(file.to_owned()), message: message.into() }
    }
}

/// Services, messages and enums of one gRPC source.
#[derive(Debug, Clone, PartialEq)]
pub struct Descriptors {
    pool: DescriptorPool,
}

impl Descriptors {
    /// Compiles `.proto` files, with all that they import, or joins descriptor sets.
    pub fn compile(files: &[String], loader: &dyn ProtoLoader) -> Result<Self, GrpcError> {
        let mut pool = DescriptorPool::new();
        let (sets, sources): (Vec<&String>, Vec<&String>) = files.iter().partition(|name| is_set(name));
        if !sources.is_empty() {
            let resolver = load_all(&sources, loader)?;
            let mut chain = ChainFileResolver::new();
            chain.add(resolver);
            chain.add(GoogleFileResolver::new());
            let mut compiler = Compiler::with_file_resolver(chain);
            compiler.include_imports(true);
            for name in sources {
                compiler.open_file(name).map_err(|error| GrpcError::new(name, told(&error)))?;
            }
            pool = compiler.descriptor_pool();
        }
        for name in sets {
            let bytes = loader.load(name).ok_or_else(|| GrpcError::new(name, "there is no such file"))?;
            pool.decode_file_descriptor_set(bytes.as_slice())
                .map_err(|error| GrpcError::new(name, format!("not a usable descriptor set: {error}")))?;
        }
        Ok(Self { pool })
    }

    /// Reads what [`Self::to_base64`] wrote.
    pub fn from_base64(text: &str) -> Result<Self, GrpcError> {
        let broken = |message: String| GrpcError { file: None, message };
        let bytes = STANDARD.decode(text.trim()).map_err(|error| broken(format!("not base64: {error}")))?;
        let pool = DescriptorPool::decode(bytes.as_slice())
            .map_err(|error| broken(format!("not a usable descriptor set: {error}")))?;
        Ok(Self { pool })
    }

    /// The descriptor set in the form that a supergraph carries.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.to_bytes())
    }

    /// The descriptor set as a `.binpb` file holds it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let set = prost_reflect::prost_types::FileDescriptorSet {
            file: self.pool.file_descriptor_protos().cloned().collect(),
        };
        set.encode_to_vec()
    }

    /// A method by its service's full name and its own.
    pub fn method(&self, service: &str, method: &str) -> Option<MethodDescriptor> {
        let service = self.pool.get_service_by_name(service)?;
        service.methods().find(|candidate| candidate.name() == method)
    }

    /// Full names of the services.
    pub fn services(&self) -> Vec<String> {
        self.pool.services().map(|service| service.full_name().to_owned()).collect()
    }

    /// Names of a service's methods.
    pub fn methods(&self, service: &str) -> Vec<String> {
        let service = self.pool.get_service_by_name(service);
        service.iter().flat_map(|service| service.methods().map(|m| m.name().to_owned()).collect::<Vec<_>>()).collect()
    }

    /// The same descriptors without what these methods do not reach.
    pub fn prune(&self, methods: &[MethodDescriptor]) -> Self {
        let files = super::prune::prune(&self.pool, methods);
        // The pruned set is closed by construction; were it not, the whole one is right too, only larger.
        let mut pool = DescriptorPool::new();
        match pool.add_file_descriptor_protos(files) {
            Ok(()) => Self { pool },
            Err(_) => self.clone(),
        }
    }

    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }
}

fn is_set(name: &str) -> bool {
    name.ends_with(".binpb") || name.ends_with(".pb")
}

/// The error with its causes: the outermost often says only that there was one.
fn told(error: &protox::Error) -> String {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_message = inner.to_string();
        if !message.contains(&inner_message) {
            message.push_str(": ");
            message.push_str(&inner_message);
        }
        cause = inner.source();
    }
    message
}

/// The files that were loaded, for the compiler, which wants to own where its files come from.
struct Loaded {
    files: HashMap<String, File>,
}

impl FileResolver for Loaded {
    /// Names are opaque here: they are no paths of this machine.
    fn resolve_path(&self, path: &std::path::Path) -> Option<String> {
        path.to_str().filter(|name| self.files.contains_key(*name)).map(str::to_owned)
    }

    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        self.files.get(name).cloned().ok_or_else(|| protox::Error::file_not_found(name))
    }
}

fn load_all(roots: &[&String], loader: &dyn ProtoLoader) -> Result<Loaded, GrpcError> {
    let mut files = HashMap::new();
    let mut waiting: Vec<(String, Option<String>)> = roots.iter().rev().map(|name| ((*name).clone(), None)).collect();
    let google = GoogleFileResolver::new();
    while let Some((name, importer)) = waiting.pop() {
        // Of protobuf's own files the compiler has copies that it understands; those beside may be of a newer protoc.
        let is_built_in = importer.is_some() && google.open_file(&name).is_ok();
        if is_built_in || files.contains_key(&name) {
            continue;
        }
        let Some(bytes) = load(&name, importer.as_deref(), loader) else {
            return Err(match importer {
                Some(importer) => GrpcError::new(&importer, format!("imports `{name}`, and there is no such file")),
                None => GrpcError::new(&name, "there is no such file"),
            });
        };
        let text = String::from_utf8(bytes).map_err(|_| GrpcError::new(&name, "not UTF-8 text"))?;
        let file = File::from_source(&name, &text).map_err(|error| GrpcError::new(&name, told(&error)))?;
        for import in &file.file_descriptor_proto().dependency {
            waiting.push((import.clone(), Some(name.clone())));
        }
        files.insert(name, file);
    }
    Ok(Loaded { files })
}

/// An import is looked for by its own name, and then beside the file that imports it.
fn load(name: &str, importer: Option<&str>, loader: &dyn ProtoLoader) -> Option<Vec<u8>> {
    loader.load(name).or_else(|| {
        let (folder, _) = importer?.rsplit_once('/')?;
        loader.load(&format!("{folder}/{name}"))
    })
}
