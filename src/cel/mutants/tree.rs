//! The changes of each node of a syntax tree.

use std::ops::Range;

use super::super::syntax::{
    Arithmetic, CallSyntax, Literal, LogicalOperator, Relation, Syntax, SyntaxKind, TextRange,
    UnaryOperator,
};
use super::Purpose;
use super::edit::Edits;
use super::operators::{another, mistaken_arithmetic, mistaken_macro, mistaken_relations};

/// Where a node stands, as far as it says which changes mean something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Anywhere: a value is wanted.
    Value,
    /// A condition is wanted.
    Condition,
    /// A condition is wanted, and its negation is made by a change of what is around it.
    Turned,
    /// An operand of `&&`, which is also dropped.
    And,
    /// An operand of `||`, which is also dropped.
    Or,
}

/// Makes the changes of one expression.
pub(super) struct Changes<'e, 's> {
    pub(super) edits: &'e mut Edits<'s>,
    pub(super) purpose: Purpose,
}

impl Changes<'_, '_> {
    /// All changes of a whole expression, but to replace it as a whole.
    pub(super) fn whole(&mut self, syntax: &Syntax, is_condition: bool) {
        let place = if is_condition {
            Place::Turned
        } else {
            Place::Value
        };
        self.node(syntax, place);
    }

    fn node(&mut self, syntax: &Syntax, place: Place) {
        match &syntax.kind {
            SyntaxKind::Literal(literal) => self.literal(syntax, literal),
            SyntaxKind::Name { .. } => self.negate(syntax, place),
            SyntaxKind::Select { operand, .. } => {
                self.negate(syntax, place);
                self.node(operand, Place::Value);
            }
            SyntaxKind::Index { operand, index, .. } => {
                self.negate(syntax, place);
                self.node(operand, Place::Value);
                self.node(index, Place::Value);
            }
            SyntaxKind::Unary { operator, operand } => self.unary(syntax, *operator, operand),
            SyntaxKind::Arithmetic {
                operator,
                left,
                right,
            } => self.arithmetic(*operator, left, right),
            SyntaxKind::Relation {
                relation,
                left,
                right,
            } => {
                self.relation(syntax, *relation, (left, right), place);
                self.node(left, Place::Value);
                self.node(right, Place::Value);
            }
            SyntaxKind::Logical { operator, operands } => self.logical(*operator, operands),
            SyntaxKind::Conditional {
                condition,
                then,
                otherwise,
            } => self.conditional(condition, (then, otherwise), place),
            SyntaxKind::List(items) => {
                let ranges: Vec<TextRange> = items.iter().map(|item| item.value.range).collect();
                self.drop_each(&ranges, syntax, "the list");
                for item in items {
                    self.node(&item.value, Place::Value);
                }
            }
            SyntaxKind::Map(entries) => {
                let ranges = entries
                    .iter()
                    .map(|entry| entry.key.range.to(entry.value.range));
                let ranges: Vec<TextRange> = ranges.collect();
                self.drop_each(&ranges, syntax, "the map");
                for entry in entries {
                    self.node(&entry.key, Place::Value);
                    self.node(&entry.value, Place::Value);
                }
            }
            SyntaxKind::Struct { name, fields } => {
                // A patch without one of its fields is none, but an `Object` may have fewer.
                if name.starts_with("Object") {
                    let ranges = fields.iter().map(|field| field.range.to(field.value.range));
                    let ranges: Vec<TextRange> = ranges.collect();
                    self.drop_each(&ranges, syntax, "the object");
                }
                for field in fields {
                    self.node(&field.value, Place::Value);
                }
            }
            SyntaxKind::Call(call) => self.call(syntax, call, place),
        }
    }

    fn literal(&mut self, syntax: &Syntax, literal: &Literal) {
        let is_text = matches!(literal, Literal::String(_));
        if is_text && self.purpose == Purpose::Prose {
            return;
        }
        // Parentheses around it stay out of it.
        let text = self.edits.text(syntax.range);
        let bare = text.trim_matches(|c: char| c.is_whitespace() || c == '(' || c == ')');
        if is_text && bare.len() != text.len() {
            return;
        }
        if let Some(another) = another(literal, bare) {
            self.edits.become_(syntax.range, &another);
        }
    }

    /// A condition that is none of the other kinds, turned round.
    fn negate(&mut self, syntax: &Syntax, place: Place) {
        if !matches!(place, Place::Value | Place::Turned) {
            let shown = self.edits.shown(syntax.range);
            let replacement = format!("!({})", self.edits.text(syntax.range));
            let change = format!("`{shown}` was negated");
            self.edits.replace(syntax.range, replacement, change);
        }
    }

    fn unary(&mut self, syntax: &Syntax, operator: UnaryOperator, operand: &Syntax) {
        if operator == UnaryOperator::Not {
            if !is_has(operand) {
                let change = format!("`{}` lost its `!`", self.edits.shown(syntax.range));
                let replacement = format!("({})", self.edits.text(operand.range));
                self.edits.replace(syntax.range, replacement, change);
            }
            self.node(operand, Place::Turned);
        } else {
            self.node(operand, Place::Value);
        }
    }

    fn arithmetic(&mut self, operator: Arithmetic, left: &Syntax, right: &Syntax) {
        let is_text = operator == Arithmetic::Add && (is_text(left) || is_text(right));
        if !is_text {
            let other = mistaken_arithmetic(operator);
            self.operator(left, right, operator.symbol(), other.symbol());
        }
        self.node(left, Place::Value);
        self.node(right, Place::Value);
    }

    fn relation(
        &mut self,
        syntax: &Syntax,
        relation: Relation,
        (left, right): (&Syntax, &Syntax),
        place: Place,
    ) {
        if relation == Relation::In && place == Place::Value {
            let negated = format!("(!({}))", self.edits.text(syntax.range));
            let change = format!("`{}` was negated", self.edits.shown(syntax.range));
            self.edits.replace(syntax.range, negated, change);
        } else if relation == Relation::In {
            self.negate(syntax, Place::Condition);
        }
        for other in mistaken_relations(relation) {
            self.operator(left, right, relation.symbol(), other.symbol());
        }
    }

    /// One operator between two operands becomes another.
    fn operator(&mut self, left: &Syntax, right: &Syntax, from: &str, to: &str) {
        if let Some(range) = self.edits.operator(left.range, right.range, from) {
            self.edits.become_(range, to);
        }
    }

    fn logical(&mut self, operator: LogicalOperator, operands: &[Syntax]) {
        let (from, to, place) = match operator {
            LogicalOperator::And => ("&&", "||", Place::And),
            LogicalOperator::Or => ("||", "&&", Place::Or),
        };
        let pairs = operands.iter().zip(operands.iter().skip(1));
        let found = pairs.map(|(left, right)| self.edits.operator(left.range, right.range, from));
        let found: Vec<Range<usize>> = found.flatten().collect();
        if let Some(first) = found.first().cloned() {
            let all = if found.len() > 1 { "each " } else { "" };
            let change = format!("{all}`{from}` became `{to}`");
            let edits = found.into_iter().map(|range| (range, to.to_owned()));
            let edits = edits.collect();
            self.edits.edit(first, edits, change);
        }
        for (index, operand) in operands.iter().enumerate() {
            let range = operand.range;
            let gone = match index.checked_sub(1).and_then(|before| operands.get(before)) {
                Some(before) => before.range.end as usize..range.end as usize,
                None => match operands.get(1) {
                    Some(after) => range.start as usize..after.range.start as usize,
                    None => continue,
                },
            };
            let change = format!("`{}` was dropped", self.edits.shown(range));
            let gone = vec![(gone, String::new())];
            self.edits.edit(range.into(), gone, change);
            self.node(operand, place);
        }
    }

    fn conditional(
        &mut self,
        condition: &Syntax,
        (then, otherwise): (&Syntax, &Syntax),
        place: Place,
    ) {
        for fixed in ["true", "false"] {
            self.edits.become_(condition.range, fixed);
        }
        let change = format!(
            "the branches of `{} ?` were swapped",
            self.edits.shown(condition.range)
        );
        let wrapped = |syntax: &Syntax| format!("({})", self.edits.text(syntax.range));
        let swapped = vec![
            (then.range.into(), wrapped(otherwise)),
            (otherwise.range.into(), wrapped(then)),
        ];
        self.edits.edit(condition.range.into(), swapped, change);
        self.node(condition, Place::Turned);
        // A branch that is asked for its truth may be turned round.
        let branch = match place {
            Place::Value => Place::Value,
            _ => Place::Condition,
        };
        self.node(then, branch);
        self.node(otherwise, branch);
    }

    /// Each of some parts that commas separate is dropped.
    fn drop_each(&mut self, ranges: &[TextRange], around: &Syntax, from: &str) {
        let ranges: Vec<TextRange> = ranges.iter().map(|range| self.with_mark(*range)).collect();
        for (index, range) in ranges.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| ranges.get(before));
            let after = ranges.get(index + 1);
            let gone = match (before, after) {
                (Some(before), _) => before.end as usize..range.end as usize,
                (None, Some(after)) => range.start as usize..after.start as usize,
                (None, None) => self.to_the_end(*range, around),
            };
            let change = format!("`{}` was dropped from {from}", self.edits.shown(*range));
            let place = (*range).into();
            self.edits.edit(place, vec![(gone, String::new())], change);
        }
    }

    /// A part with the `?` before it that makes it optional.
    fn with_mark(&self, range: TextRange) -> TextRange {
        let before = self.edits.text(0..range.start as usize).trim_end();
        let start = match before.strip_suffix('?') {
            Some(before) => u32::try_from(before.len()).unwrap_or(range.start),
            None => range.start,
        };
        TextRange { start, ..range }
    }

    /// The only part of a list, with a comma that may follow it.
    fn to_the_end(&self, range: TextRange, around: &Syntax) -> Range<usize> {
        let rest = self
            .edits
            .text(range.end as usize..around.range.end as usize);
        let comma = rest.trim_start().starts_with(',');
        let end = match rest.find(',') {
            Some(at) if comma => range.end as usize + at + 1,
            _ => range.end as usize,
        };
        range.start as usize..end
    }

    fn call(&mut self, syntax: &Syntax, call: &CallSyntax, place: Place) {
        let name = &*call.function;
        let Some(receiver) = &call.receiver else {
            if name == "has" {
                self.has(syntax, place);
                return;
            }
            self.negate(syntax, place);
            self.arguments(&call.arguments);
            return;
        };
        self.negate(syntax, place);
        if let Some(other) = mistaken_macro(name)
            && call.arguments.len() > 1
        {
            self.edits.become_(call.function_range, other);
        }
        self.node(receiver, Place::Value);
        let bound = bound_names(name, call.arguments.len());
        let conditions = conditions(name, call.arguments.len());
        for (index, argument) in call.arguments.iter().enumerate().skip(bound) {
            if !conditions.contains(&index) {
                self.node(argument, Place::Value);
            } else if mistaken_macro(name).is_some() {
                self.node(argument, Place::Condition);
            } else {
                self.selecting(argument);
            }
        }
    }

    fn arguments(&mut self, arguments: &[Syntax]) {
        for argument in arguments {
            self.node(argument, Place::Value);
        }
    }

    /// `has(x)`: the change that is the same as to drop it from where it stands is left out.
    fn has(&mut self, syntax: &Syntax, place: Place) {
        if place != Place::And {
            self.edits.become_(syntax.range, "true");
        }
        if place != Place::Or {
            self.edits.become_(syntax.range, "false");
        }
    }

    /// The condition by which a macro selects elements: dropped, and turned round.
    fn selecting(&mut self, condition: &Syntax) {
        let shown = self.edits.shown(condition.range);
        let change = format!("the condition `{shown}` was dropped");
        self.edits
            .replace(condition.range, "true".to_owned(), change);
        let replacement = format!("!({})", self.edits.text(condition.range));
        let change = format!("the condition `{shown}` was negated");
        self.edits.replace(condition.range, replacement, change);
        self.node(condition, Place::Turned);
    }
}

/// How many arguments of a macro are names that it binds.
fn bound_names(name: &str, arguments: usize) -> usize {
    match (name, arguments) {
        ("all" | "exists" | "exists_one" | "existsOne", 2 | 3) => arguments - 1,
        ("filter" | "sortBy" | "optMap" | "optFlatMap", 2) | ("map", 2 | 3) => 1,
        ("transformList" | "transformMap" | "transformMapEntry", 3 | 4) => 2,
        _ => 0,
    }
}

/// Which arguments of a macro are conditions.
fn conditions(name: &str, arguments: usize) -> &'static [usize] {
    match (name, arguments) {
        ("all" | "exists" | "exists_one" | "existsOne" | "filter", 2) | ("map", 3) => &[1],
        ("all" | "exists" | "exists_one" | "existsOne", 3)
        | ("transformList" | "transformMap" | "transformMapEntry", 4) => &[2],
        _ => &[],
    }
}

/// Whether it is a `has`, of which is asked whether it matters that it is true, and that it is false.
fn is_has(syntax: &Syntax) -> bool {
    matches!(&syntax.kind, SyntaxKind::Call(call) if call.receiver.is_none() && &*call.function == "has")
}

/// Whether it is a text, as far as one look tells.
fn is_text(syntax: &Syntax) -> bool {
    match &syntax.kind {
        SyntaxKind::Literal(Literal::String(_)) => true,
        SyntaxKind::Arithmetic {
            operator: Arithmetic::Add,
            left,
            right,
        } => is_text(left) || is_text(right),
        SyntaxKind::Call(call) => matches!(
            &*call.function,
            "string" | "join" | "replace" | "substring" | "lowerAscii" | "upperAscii" | "format"
        ),
        _ => false,
    }
}
