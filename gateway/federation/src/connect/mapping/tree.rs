//! Owns [`FieldTree`]: a set of field paths, such as what a query wants or what a connector needs.

/// Fields, each with those wanted beneath it. A tree with no fields stands for a whole value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldTree {
    pub fields: Vec<(String, FieldTree)>,
}

impl FieldTree {
    /// The whole value, whatever is in it.
    pub fn whole() -> Self {
        Self::default()
    }

    pub fn is_whole(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&FieldTree> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, tree)| tree)
    }

    /// A tree of the paths; fields stand in the order in which they first came.
    pub fn from_paths<'p>(paths: impl IntoIterator<Item = &'p [&'p str]>) -> Self {
        let mut paths = paths.into_iter();
        let mut tree = match paths.next() {
            Some(first) => Self::path(first),
            None => return Self::whole(),
        };
        for path in paths {
            tree.merge(Self::path(path));
        }
        tree
    }

    /// The tree of one path.
    pub fn path(names: &[&str]) -> Self {
        names.iter().rev().fold(Self::whole(), |inner, name| Self { fields: vec![((*name).to_owned(), inner)] })
    }

    /// Adds what `other` wants; a whole value swallows its parts.
    pub fn merge(&mut self, other: FieldTree) {
        if self.is_whole() {
            return;
        }
        if other.is_whole() {
            self.fields.clear();
            return;
        }
        for (name, inner) in other.fields {
            match self.fields.iter_mut().find(|(field, _)| *field == name) {
                Some((_, mine)) => mine.merge(inner),
                None => self.fields.push((name, inner)),
            }
        }
    }
}

/// As a selection set reads: `id user { name }`.
impl std::fmt::Display for FieldTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (name, inner)) in self.fields.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            write!(f, "{gap}{name}")?;
            if !inner.is_whole() {
                write!(f, " {{ {inner} }}")?;
            }
        }
        Ok(())
    }
}
