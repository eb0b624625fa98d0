//! Owns finding the supergraph of a folder of `tests/plans`: the folder's subgraphs composed, or what its file `from` names.

use std::error::Error;
use std::fs;
use std::path::Path;

use weft_federation::compose::compose;
use weft_federation::connect::Composing;
use weft_federation::diagnostics::Source;
use weft_federation::schema::subgraph::SubgraphInput;

/// The SDL of the supergraph that the cases in a folder are for.
pub fn supergraph(folder: &Path) -> Result<String, Box<dyn Error>> {
    let (folder, ending) = match fs::read_to_string(folder.join("from")) {
        Ok(elsewhere) => (folder.join(elsewhere.trim()), ".graphql"),
        Err(_) => (folder.to_owned(), ".subgraph.graphql"),
    };
    if folder.is_file() {
        return Ok(fs::read_to_string(folder)?);
    }
    let mut inputs = vec![];
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(name) = file.strip_suffix(ending) {
            let source = Source::new(file.clone(), fs::read_to_string(&path)?);
            inputs.push(SubgraphInput { name: name.to_owned(), url: format!("http://{name}"), source });
        }
    }
    let protos = |_: &str, file: &str| fs::read(folder.join(file)).ok();
    let composed = compose(inputs, &mut Composing::new(&protos));
    let found: String = composed.diagnostics.iter().map(|found| found.draw(false)).collect();
    Ok(composed.supergraph.ok_or(found)?)
}
