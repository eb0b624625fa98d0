//! Owns the comments of `.proto` files, which become descriptions. Descriptors from a server have none.

use std::collections::HashMap;

use prost_reflect::prost_types::FileDescriptorProto;

/// The comments of files, by the path of what they stand before.
#[derive(Debug, Default)]
pub struct Comments {
    files: HashMap<String, HashMap<Vec<i32>, String>>,
}

impl Comments {
    pub fn of(&mut self, file: &FileDescriptorProto, path: &[i32]) -> Option<String> {
        let known = self.files.entry(file.name().to_owned()).or_insert_with(|| read(file));
        known.get(path).cloned()
    }
}

fn read(file: &FileDescriptorProto) -> HashMap<Vec<i32>, String> {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let comments = locations.filter_map(|location| {
        // The space after each `//` belongs to the mark.
        let lines = location.leading_comments().lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
        let text = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
        (!text.is_empty()).then(|| (location.path.clone(), text))
    });
    comments.collect()
}
