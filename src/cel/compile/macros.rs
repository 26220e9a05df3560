//! Macros: calls that bind names, and `has`. They become nodes of their own.

use super::super::expression::{Domain, Expression, Kind, Quantifier, Quantity, Shape, Transform};
use super::super::functions::Style;
use super::super::syntax::{
    CallSyntax, Syntax, SyntaxError, SyntaxKind, TextRange, error, error_with_help,
};
use super::super::types::StaticType;
use super::{Compiled, Compiler, Local};

/// What a macro's arguments are: how many names, whether a condition may come first, what it makes.
#[derive(Clone, Copy)]
enum Macro {
    Quantifier(Quantity),
    Filter,
    Map,
    Transform(Shape),
    SortBy,
    OptionalMap { flat: bool },
}

/// The macro of this name.
fn named(name: &str) -> Option<Macro> {
    Some(match name {
        "all" => Macro::Quantifier(Quantity::All),
        "exists" => Macro::Quantifier(Quantity::Exists),
        "exists_one" | "existsOne" => Macro::Quantifier(Quantity::ExistsOne),
        "filter" => Macro::Filter,
        "map" => Macro::Map,
        "transformList" => Macro::Transform(Shape::List),
        "transformMap" => Macro::Transform(Shape::Map),
        "transformMapEntry" => Macro::Transform(Shape::MapEntries),
        "sortBy" => Macro::SortBy,
        "optMap" => Macro::OptionalMap { flat: false },
        "optFlatMap" => Macro::OptionalMap { flat: true },
        _ => return None,
    })
}

/// The names of all macros with a receiver, for suggestions.
pub(super) const NAMES: [&str; 12] = [
    "all",
    "exists",
    "exists_one",
    "existsOne",
    "filter",
    "map",
    "transformList",
    "transformMap",
    "transformMapEntry",
    "sortBy",
    "optMap",
    "optFlatMap",
];

/// All macros as they are written, each with the minor release it came with, for the reference.
pub(in super::super) const FORMS: &[(&str, u8)] = &[
    ("has(x.field)", 0),
    ("x.all(element, condition)", 0),
    ("x.all(key, value, condition)", TWO_NAMES),
    ("x.exists(element, condition)", 0),
    ("x.exists(key, value, condition)", TWO_NAMES),
    ("x.exists_one(element, condition)", 0),
    ("x.exists_one(key, value, condition)", TWO_NAMES),
    ("x.filter(element, condition)", 0),
    ("x.map(element, result)", 0),
    ("x.map(element, condition, result)", 0),
    ("x.transformList(key, value, result)", TWO_NAMES),
    ("x.transformList(key, value, condition, result)", TWO_NAMES),
    ("x.transformMap(key, value, result)", TWO_NAMES),
    ("x.transformMap(key, value, condition, result)", TWO_NAMES),
    ("x.transformMapEntry(key, value, result)", TWO_NAMES),
    (
        "x.transformMapEntry(key, value, condition, result)",
        TWO_NAMES,
    ),
    ("x.sortBy(element, key)", SORT_BY),
    ("optional.optMap(value, result)", 0),
    ("optional.optFlatMap(value, optional)", 0),
];

/// The minor release in which macros with two names came.
const TWO_NAMES: u8 = 32;
/// The minor release in which `sortBy` came.
const SORT_BY: u8 = 34;

/// A macro call as it was written.
struct Written<'s> {
    receiver: &'s Syntax,
    name: &'s str,
    name_range: TextRange,
    arguments: &'s [Syntax],
    range: TextRange,
}

impl Compiler<'_> {
    /// The node of a macro; `None` where the call is no macro.
    pub(super) fn macro_call(
        &mut self,
        call: &CallSyntax,
        range: TextRange,
    ) -> Result<Option<Expression>, SyntaxError> {
        let CallSyntax {
            receiver,
            function,
            function_range,
            arguments,
        } = call;
        let Some(receiver) = receiver else {
            return match &**function {
                "has" => self.has(arguments, *function_range, range).map(Some),
                _ => Ok(None),
            };
        };
        let written = Written {
            receiver,
            name: function,
            name_range: *function_range,
            arguments,
            range,
        };
        match named(function) {
            Some(kind) => self.expand(kind, &written).map(Some),
            None => Ok(None),
        }
    }

    fn has(&mut self, arguments: &[Syntax], name: TextRange, range: TextRange) -> Compiled {
        let [argument] = arguments else {
            return Err(error_with_help(
                name,
                format!("`has` takes one argument, not {}", arguments.len()),
                "write `has(x.field)`",
            ));
        };
        let SyntaxKind::Select {
            operand,
            field,
            optional: false,
        } = &argument.kind
        else {
            return Err(error_with_help(
                argument.range,
                "`has` asks for a field: `has(x.field)`",
                "for a key in quotes write `\"key\" in x`",
            ));
        };
        if let Some(variable) = self.optional_variable(operand, field, argument.range)? {
            return self.call_of("hasValue", Style::Method, variable, range);
        }
        let kind = Kind::Has {
            operand: self.boxed(operand)?,
            field: field.clone(),
        };
        self.finish(kind, range)
    }

    /// Refuses a macro that the release does not have, or not for what it is called on.
    fn check_macro(&self, kind: Macro, written: &Written<'_>) -> Result<(), SyntaxError> {
        let literal = matches!(
            written.receiver.kind,
            SyntaxKind::Literal(_) | SyntaxKind::Map(_) | SyntaxKind::Struct { .. }
        );
        let since = match kind {
            Macro::Transform(_) => TWO_NAMES,
            Macro::Quantifier(_) if written.arguments.len() > 2 => TWO_NAMES,
            Macro::SortBy => SORT_BY,
            _ => 0,
        };
        if let Some(message) = self.environment.too_new(written.name, since) {
            return Err(error(written.name_range, message));
        }
        if matches!(kind, Macro::SortBy) && literal {
            return Err(error(written.receiver.range, "`sortBy` orders lists"));
        }
        Ok(())
    }

    fn expand(&mut self, kind: Macro, written: &Written<'_>) -> Compiled {
        self.check_macro(kind, written)?;
        let kind = match (kind, written.arguments) {
            (Macro::Quantifier(quantity), [name, predicate]) => {
                self.quantifier(quantity, written, &[name], predicate)?
            }
            (Macro::Quantifier(quantity), [key, value, predicate]) => {
                self.quantifier(quantity, written, &[key, value], predicate)?
            }
            (Macro::Filter, [name, condition]) => {
                self.transform(Shape::Filter, written, &[name], Some(condition), None)?
            }
            (Macro::Map, [name, result]) => {
                self.transform(Shape::List, written, &[name], None, Some(result))?
            }
            (Macro::Map, [name, condition, result]) => {
                self.transform(Shape::List, written, &[name], Some(condition), Some(result))?
            }
            (Macro::Transform(shape), [key, value, result]) => {
                self.transform(shape, written, &[key, value], None, Some(result))?
            }
            (Macro::Transform(shape), [key, value, condition, result]) => {
                self.transform(shape, written, &[key, value], Some(condition), Some(result))?
            }
            (Macro::SortBy, [name, key]) => {
                self.transform(Shape::SortBy, written, &[name], None, Some(key))?
            }
            (Macro::OptionalMap { flat }, [name, body]) => {
                let operand = self.boxed(written.receiver)?;
                let held = self.held_type(&operand)?;
                let slot = self.bind(&[name], &[held], written)?;
                let body = self.boxed(body);
                self.locals.truncate(slot);
                Kind::OptionalMap {
                    operand,
                    slot,
                    body: body?,
                    flat,
                }
            }
            (kind, arguments) => return Err(wrong_arguments(kind, written, arguments.len())),
        };
        let of = if self.environment.is_unchecked() {
            StaticType::Dyn
        } else {
            self.type_of(&kind, written.range)?
        };
        Ok(Expression::new(kind, written.range, of))
    }

    fn quantifier(
        &mut self,
        quantity: Quantity,
        written: &Written<'_>,
        names: &[&Syntax],
        predicate: &Syntax,
    ) -> Result<Kind, SyntaxError> {
        let domain = self.domain(written, names)?;
        let predicate = self.expression(predicate);
        self.locals.truncate(domain.slot);
        let predicate = predicate?;
        Ok(Kind::Quantifier(Box::new(Quantifier {
            quantity,
            domain,
            predicate,
        })))
    }

    fn transform(
        &mut self,
        shape: Shape,
        written: &Written<'_>,
        names: &[&Syntax],
        condition: Option<&Syntax>,
        result: Option<&Syntax>,
    ) -> Result<Kind, SyntaxError> {
        let domain = self.domain(written, names)?;
        self.transformed(shape, domain, condition, result)
    }

    /// What becomes of the elements. Apart from [`transform`](Self::transform), whose frame stays small so: chains of
    /// macros nest there.
    fn transformed(
        &mut self,
        shape: Shape,
        domain: Domain,
        condition: Option<&Syntax>,
        result: Option<&Syntax>,
    ) -> Result<Kind, SyntaxError> {
        let condition = condition
            .map(|syntax| self.expression(syntax))
            .transpose()?;
        let result = result.map(|syntax| self.expression(syntax)).transpose()?;
        self.locals.truncate(domain.slot);
        Ok(Kind::Transform(Box::new(Transform {
            shape,
            domain,
            condition,
            result,
        })))
    }

    /// Compiles what is walked over and binds the names; the caller takes them away again.
    fn domain(&mut self, written: &Written<'_>, names: &[&Syntax]) -> Result<Domain, SyntaxError> {
        let collection = self.expression(written.receiver)?;
        self.bound(collection, written, names)
    }

    fn bound(
        &mut self,
        collection: Expression,
        written: &Written<'_>,
        names: &[&Syntax],
    ) -> Result<Domain, SyntaxError> {
        let (key, value, is_list) = self.element_types(&collection)?;
        let types = match (names.len() == 2, is_list) {
            (true, _) => vec![key, value],
            (false, true) => vec![value],
            (false, false) => vec![key],
        };
        let slot = self.bind(names, &types, written)?;
        Ok(Domain {
            collection,
            slot,
            pairs: names.len() == 2,
        })
    }

    /// Binds names of these types and gives the slot of the first.
    fn bind(
        &mut self,
        names: &[&Syntax],
        types: &[StaticType],
        written: &Written<'_>,
    ) -> Result<usize, SyntaxError> {
        let slot = self.locals.len();
        for (syntax, kind) in names.iter().zip(types) {
            let SyntaxKind::Name {
                name,
                absolute: false,
            } = &syntax.kind
            else {
                return Err(error_with_help(
                    syntax.range,
                    format!("`{}` binds a name here", written.name),
                    format!("write `x.{}(name, ...)` with a plain name", written.name),
                ));
            };
            if self
                .locals
                .get(slot)
                .is_some_and(|first| first.name == *name)
            {
                return Err(error(syntax.range, format!("`{name}` is bound twice")));
            }
            self.locals.push(Local {
                name: name.clone(),
                kind: kind.clone(),
            });
        }
        Ok(slot)
    }
}

fn wrong_arguments(kind: Macro, written: &Written<'_>, count: usize) -> SyntaxError {
    let name = written.name;
    let form = match kind {
        Macro::Quantifier(_) => {
            format!("`x.{name}(element, condition)` or `x.{name}(key, value, condition)`")
        }
        Macro::Filter => "`x.filter(element, condition)`".to_owned(),
        Macro::Map => "`x.map(element, result)` or `x.map(element, condition, result)`".to_owned(),
        Macro::Transform(_) => {
            format!("`x.{name}(key, value, result)` or `x.{name}(key, value, condition, result)`")
        }
        Macro::SortBy => "`x.sortBy(element, key)`".to_owned(),
        Macro::OptionalMap { .. } => format!("`x.{name}(value, result)`"),
    };
    error_with_help(
        written.name_range,
        format!("`{name}` does not take {count} arguments"),
        format!("write {form}"),
    )
}
