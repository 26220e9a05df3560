//! Calls of functions: which function is meant, and whether it takes so many arguments.

use super::super::Environment;
use super::super::expression::{Call, Expression, Kind};
use super::super::functions::{self, Function, Group, Style};
use super::super::library::regex::Pattern;
use super::super::syntax::{CallSyntax, Syntax, SyntaxError, TextRange, error, error_with_help};
use super::names::similar;
use super::{Compiled, Compiler, macros};

impl Compiler<'_> {
    pub(super) fn call(&mut self, call: &CallSyntax, range: TextRange) -> Compiled {
        if let Some(expression) = self.macro_call(call, range)? {
            return Ok(expression);
        }
        // A format takes values of any types, so the lists in it may mix them.
        let formats = usize::from(&*call.function == "format");
        self.mixed += formats;
        let expression = self.function_call(call, range);
        self.mixed -= formats;
        expression
    }

    fn function_call(&mut self, call: &CallSyntax, range: TextRange) -> Compiled {
        let CallSyntax {
            receiver,
            function,
            function_range,
            arguments,
        } = call;
        let (environment, name) = (self.environment, *function_range);
        let Some(receiver) = receiver else {
            let function = find(environment, function, Style::Global, arguments.len(), name)?;
            let arguments = self.all(arguments)?;
            return self.make_call(function, arguments, range);
        };
        if let Some(namespaced) = self.namespaced(receiver, function) {
            let name = receiver.range.to(name);
            let function = find(
                environment,
                &namespaced,
                Style::Global,
                arguments.len(),
                name,
            )?;
            let arguments = self.all(arguments)?;
            return self.make_call(function, arguments, range);
        }
        if let ("or" | "orValue", [fallback]) = (&**function, arguments.as_slice()) {
            let kind = Kind::OptionalOr {
                operand: self.boxed(receiver)?,
                fallback: self.boxed(fallback)?,
                unwrap: &**function == "orValue",
            };
            return self.finish(kind, range);
        }
        let found = find(environment, function, Style::Method, arguments.len(), name);
        // Of two unknown names the first is what went wrong: `http.Get()` is no misspelt `getPort`.
        if found.is_err() && receiver.dotted_name().is_some() {
            self.expression(receiver)?;
        }
        let function = found?;
        let mut all = Vec::with_capacity(arguments.len() + 1);
        all.push(self.expression(receiver)?);
        for argument in arguments {
            all.push(self.expression(argument)?);
        }
        self.make_call(function, all.into(), range)
    }

    /// A call of a function that everyone has, with one argument.
    pub(super) fn call_of(
        &mut self,
        name: &str,
        style: Style,
        argument: Expression,
        range: TextRange,
    ) -> Compiled {
        let count = usize::from(style == Style::Global);
        let function = find(self.environment, name, style, count, range)?;
        self.make_call(function, [argument].into(), range)
    }

    fn make_call(
        &mut self,
        function: &'static Function,
        arguments: Box<[Expression]>,
        range: TextRange,
    ) -> Compiled {
        let pattern = if self.environment.is_unchecked() {
            None
        } else {
            literal_pattern(function, &arguments, self.environment.is_native())?
        };
        let call = Call {
            function,
            arguments,
            pattern,
        };
        self.finish(Kind::Call(call), range)
    }

    /// `optional.of`, where `optional` is the first half of a function's name. As in cel-go, the function is meant even
    /// if there is a value of the first name.
    fn namespaced(&self, receiver: &Syntax, function: &str) -> Option<String> {
        let prefix = receiver.dotted_name()?;
        let first = prefix.split('.').next().unwrap_or_default();
        let name = format!("{prefix}.{function}");
        let is_meant = functions::is_global(&name)
            || !self.is_value(first) && functions::is_namespace(&prefix);
        is_meant.then_some(name)
    }
}

/// Compiles the pattern argument of a function where it is a literal.
fn literal_pattern(
    function: &Function,
    arguments: &[Expression],
    is_native: bool,
) -> Result<Option<Box<Pattern>>, SyntaxError> {
    let Some(argument) = function
        .pattern
        .and_then(|position| arguments.get(position))
    else {
        return Ok(None);
    };
    let Kind::Constant(value) = &argument.kind else {
        return Ok(None);
    };
    let Some(text) = value.as_str() else {
        return Ok(None);
    };
    match Pattern::compile(text) {
        Ok(pattern) => Ok(Some(Box::new(pattern))),
        // The API server reads it when it is needed.
        Err(_) if is_native && !argument.is_constant_upstream() => Ok(None),
        Err(problem) => Err(error(argument.range, problem.to_string())),
    }
}

/// The function of this name, style and number of arguments (without the receiver).
fn find(
    environment: &Environment,
    name: &str,
    style: Style,
    count: usize,
    range: TextRange,
) -> Result<&'static Function, SyntaxError> {
    let found = declared(environment, name, style, count, range);
    match found {
        Err(_) if environment.is_unchecked() => Ok(&functions::UNRESOLVED),
        found => found,
    }
}

fn declared(
    environment: &Environment,
    name: &str,
    style: Style,
    count: usize,
    range: TextRange,
) -> Result<&'static Function, SyntaxError> {
    let written = count + usize::from(style == Style::Method);
    let mut same_name = offered(environment).filter(|function| function.name == name);
    let of_style: Vec<_> = same_name
        .clone()
        .filter(|function| function.style == style)
        .collect();
    if let Some(function) = of_style.iter().find(|function| function.takes(written)) {
        return Ok(function);
    }
    if let Some(function) = of_style.first() {
        let (least, most) = function.written_arguments();
        let wanted = match (least, most) {
            (least, most) if least != most => format!("{least} to {most} arguments"),
            (1, _) => "1 argument".to_owned(),
            (least, _) => format!("{least} arguments"),
        };
        return Err(error(
            range,
            format!("`{name}` takes {wanted}, not {count}"),
        ));
    }
    if same_name.next().is_some() {
        let help = match style {
            Style::Global => format!("it is a method: `x.{name}(...)`"),
            Style::Method => format!("it is not a method: `{name}(x)`"),
        };
        return Err(error_with_help(
            range,
            format!("`{name}` is not called like this"),
            help,
        ));
    }
    Err(unknown_function(environment, name, style, range))
}

/// The functions that an expression in this environment may call, some of them in later releases only.
fn offered(environment: &Environment) -> impl Iterator<Item = &'static Function> + Clone {
    functions::all().filter(|function| environment.offers(function.group))
}

fn unknown_function(
    environment: &Environment,
    name: &str,
    style: Style,
    range: TextRange,
) -> SyntaxError {
    let message = match style {
        Style::Global => format!("there is no function `{name}`"),
        Style::Method => format!("there is no method `{name}`"),
    };
    let withheld = functions::all().find(|function| function.name == name);
    if let Some(function) = withheld {
        let help = match function.group {
            Group::KPolicy => "it is kpolicy's own: the API server does not know it",
            Group::Mutation | Group::Kubernetes => "only the expressions of mutations may call it",
        };
        return error_with_help(range, message, help);
    }
    let known = offered(environment)
        .filter(|function| function.style == style)
        .map(|function| function.name)
        .chain(
            (style == Style::Method)
                .then_some(macros::NAMES)
                .into_iter()
                .flatten(),
        )
        .chain((style == Style::Global).then_some("has"));
    match similar(name, known) {
        Some(meant) => error_with_help(range, message, format!("did you mean `{meant}`?")),
        None => error(range, message),
    }
}
