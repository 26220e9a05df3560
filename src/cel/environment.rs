//! The names that an expression may use: roots, by slot, and declared `variables.*`, by index.

/// The names that an expression may use.
///
/// A root is a top-level name such as `object`; its slot is its position in [`Environment::new`], and an
/// [`Activation`](super::Activation) gives the roots' values in the same order. Variables are read as
/// `variables.<name>`; each may read those that were declared before it.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    roots: Vec<Box<str>>,
    variables: Vec<Box<str>>,
}

impl Environment {
    /// An environment with these roots, in slot order. A dotted name such as `authorizer.requestResource` is one root.
    pub fn new<'n>(roots: impl IntoIterator<Item = &'n str>) -> Self {
        Self {
            roots: roots.into_iter().map(Into::into).collect(),
            variables: Vec::new(),
        }
    }

    /// Makes `variables.<name>` known to what is compiled from now on. Of two with one name the later is meant.
    pub fn declare_variable(&mut self, name: &str) {
        self.variables.push(name.into());
    }

    /// The slot of a root.
    pub fn root(&self, name: &str) -> Option<usize> {
        self.roots.iter().position(|root| &**root == name)
    }

    /// The index of a declared variable.
    pub fn variable(&self, name: &str) -> Option<usize> {
        self.variables
            .iter()
            .rposition(|variable| &**variable == name)
    }

    /// The roots in slot order.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(|root| &**root)
    }

    /// The variables in the order they were declared.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|variable| &**variable)
    }
}
