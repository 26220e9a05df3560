//! What a name means: a local, a root, a variable, a type.

use super::super::expression::{Expression, Kind};
use super::super::functions::Style;
use super::super::syntax::{
    Arithmetic, StructField, Syntax, SyntaxError, SyntaxKind, TextRange, error, error_with_help,
};
use super::super::types::patches;
use super::super::value::{Type, Value};
use super::Compiler;

impl Compiler<'_> {
    /// Whether there are struct literals of this name: `JSONPatch` and `Object` with its nested types.
    pub(super) fn check_struct(&self, name: &str, range: TextRange) -> Result<(), SyntaxError> {
        let known = patches::is_struct(name);
        if known && self.environment.allows_mutation() {
            return Ok(());
        }
        let message = format!("there is no type `{name}` here");
        let help = if known {
            "only the expressions of mutations make patches"
        } else {
            "known are `JSONPatch` and `Object`, in mutations; a map is written `{\"key\": value}`"
        };
        Err(error_with_help(range, message, help))
    }

    /// What a whole dotted name stands for; `None` where only a part of it may.
    pub(super) fn named(&self, syntax: &Syntax) -> Result<Option<Kind>, SyntaxError> {
        let Some(name) = syntax.dotted_name() else {
            return Ok(None);
        };
        let first = name.split('.').next().unwrap_or_default();
        if !syntax.is_absolute()
            && let Some(slot) = self.local(first)
        {
            return Ok((first == name).then_some(Kind::Local(slot)));
        }
        if let Some(slot) = self.environment.root(&name) {
            return Ok(Some(Kind::Root(slot)));
        }
        if first == "variables" && self.environment.root(first).is_none() {
            return self.variable(syntax);
        }
        Ok(Type::named(&name).map(|kind| Kind::Constant(Value::Type(kind))))
    }

    fn variable(&self, syntax: &Syntax) -> Result<Option<Kind>, SyntaxError> {
        let SyntaxKind::Select { operand, field, .. } = &syntax.kind else {
            return Err(self.no_variable(None, syntax.range));
        };
        if !matches!(operand.kind, SyntaxKind::Name { .. }) {
            return Ok(None);
        }
        self.declared_variable(field, syntax.range).map(Some)
    }

    fn declared_variable(&self, name: &str, range: TextRange) -> Result<Kind, SyntaxError> {
        match self.environment.variable(name) {
            Some(index) => Ok(Kind::Variable(index)),
            None => Err(self.no_variable(Some(name), range)),
        }
    }

    /// The optional of `variables.?name`: a variable that is declared is always there. `None` for anything else.
    pub(super) fn optional_variable(
        &mut self,
        operand: &Syntax,
        name: &str,
        range: TextRange,
    ) -> Result<Option<Expression>, SyntaxError> {
        let is_root = matches!(&operand.kind, SyntaxKind::Name { name, absolute }
            if &**name == "variables" && (*absolute || self.local(name).is_none()));
        if !is_root || self.environment.root("variables").is_some() {
            return Ok(None);
        }
        let kind = self.declared_variable(name, range)?;
        let variable = self.finish(kind, range)?;
        self.call_of("optional.of", Style::Global, variable, range)
            .map(Some)
    }

    /// The slot of a name that a macro binds; the innermost of that name.
    fn local(&self, name: &str) -> Option<usize> {
        self.locals.iter().rposition(|local| &*local.name == name)
    }

    /// Whether a name is a value here, so that `name.f()` is a method of it.
    pub(super) fn is_value(&self, name: &str) -> bool {
        self.local(name).is_some() || self.environment.root(name).is_some()
    }

    pub(super) fn undeclared(&self, name: &str, range: TextRange) -> SyntaxError {
        let message = format!("there is no `{name}` here");
        if self.environment.variable(name).is_some() {
            return error_with_help(range, message, format!("did you mean `variables.{name}`?"));
        }
        let roots = self.environment.roots().filter(|root| !root.is_empty());
        let known: Vec<&str> = self
            .locals
            .iter()
            .map(|local| &*local.name)
            .chain(roots)
            .collect();
        match similar(name, known.iter().copied()) {
            Some(meant) => error_with_help(range, message, format!("did you mean `{meant}`?")),
            None if known.is_empty() => error(range, message),
            None => error_with_help(range, message, format!("known are {}", list(&known))),
        }
    }

    fn no_variable(&self, name: Option<&str>, range: TextRange) -> SyntaxError {
        let message = match name {
            Some(name) => format!("there is no variable `{name}` before this expression"),
            None => "`variables` is no value; read one of them as `variables.name`".to_owned(),
        };
        let mut known: Vec<&str> = self.environment.variables().collect();
        known.sort_unstable();
        known.dedup();
        match name.and_then(|name| similar(name, known.iter().copied())) {
            Some(meant) => {
                error_with_help(range, message, format!("did you mean `variables.{meant}`?"))
            }
            None if known.is_empty() => error(range, message),
            None => error_with_help(range, message, format!("known are {}", list(&known))),
        }
    }
}

/// Says of an operation that cannot be what it may have been: `labels.app-name` is a subtraction, meant as a key.
pub(super) fn unquoted_key(
    mut error: SyntaxError,
    operator: Arithmetic,
    left: &Syntax,
    right: &Syntax,
) -> SyntaxError {
    let sign = match operator {
        Arithmetic::Subtract => '-',
        Arithmetic::Divide => '/',
        _ => return error,
    };
    let is_tight = left.range.end + 1 == right.range.start;
    // Only where the first name of the right side is what is not known.
    let is_first = error.range.start == right.range.start as usize;
    if is_tight && is_first && matches!(left.kind, SyntaxKind::Select { .. }) {
        let help =
            format!("`{sign}` is an operator here; write a key that holds it as `x['a{sign}b']`");
        error.help = Some(help);
    }
    error
}

/// The known name that is most like an unknown one.
pub(super) fn similar<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(similarity, _)| *similarity > 0.85)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// Names for a message: `` `a`, `b` ``.
fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Whether a struct has this field.
pub(super) fn check_field(name: &str, field: &StructField) -> Result<(), SyntaxError> {
    if patches::field(name, &field.name).is_none() {
        let message = format!("`{name}` has no field `{}`", field.name);
        let help = "its fields are `op`, `path`, `from` and `value`";
        return Err(error_with_help(field.range, message, help));
    }
    Ok(())
}
