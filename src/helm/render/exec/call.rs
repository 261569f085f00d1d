//! Calls of functions and methods: the number of arguments, their types, and the result.

use super::{Failure, Machine, Result, Slot, State};
use crate::helm::render::datum::{Datum, Map, MapKind};
use crate::helm::render::datum::{List, ListKind};
use crate::helm::render::functions::{Function, Method, Param, Run};
use crate::helm::render::parse::{At, Term};

impl Machine<'_, '_> {
    pub(super) fn call_function<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        function: &'static Function,
        node: At<'t>,
        args: &'t [Term],
        last: Option<Slot>,
    ) -> Result<Slot> {
        self.count_args(
            state,
            function.name,
            function.params,
            function.variadic,
            args.len(),
            last.is_some(),
        )?;
        if let Run::ShortCircuit { stop_at } = function.run {
            let mut value = Slot::Invalid;
            for (index, arg) in args.iter().enumerate() {
                value = self.arg(state, dot, Param::Value, arg)?.bare();
                if value.as_datum().is_true() == stop_at {
                    self.glance_operands(state, dot.as_datum(), &args[index + 1..]);
                    return Ok(value);
                }
            }
            return Ok(last.unwrap_or(value));
        }
        let values = self.args(state, dot, function.params, function.variadic, args, last)?;
        self.told(function.name, &values);
        let result = match function.run {
            Run::Plain(run) => run(&into_data(values)).map_err(Failure::text),
            Run::Slots(run) => {
                return match run(&values) {
                    Ok(slot) => Ok(slot),
                    Err(cause) => self.called(state, function.name, node, Err(Failure::text(cause))),
                };
            }
            Run::World(run) => self.call_world(function.name, run, &into_data(values)),
            Run::ShortCircuit { .. } => Ok(Datum::Nil),
        };
        self.called(state, function.name, node, result)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one expression")]
    pub(super) fn call_method<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        receiver: &Datum,
        method: &'static Method,
        node: At<'t>,
        args: &'t [Term],
        last: Option<Slot>,
    ) -> Result<Slot> {
        self.count_args(state, method.name, method.params, false, args.len(), last.is_some())?;
        let values = into_data(self.args(state, dot, method.params, false, args, last)?);
        if let (Some(draws), Datum::List(list), "Has") = (&mut self.outside.draws, receiver, method.name)
            && list.kind() == ListKind::Versions
        {
            draws.asks_for_api(values.first());
        }
        let result = (method.run)(receiver, &values).map_err(Failure::text);
        self.called(state, method.name, node, result)
    }

    /// Calls what needs the outside world; what was drawn before is drawn again.
    fn call_world(
        &mut self,
        name: &str,
        run: fn(&mut Self, &[Datum]) -> Result<Datum>,
        args: &[Datum],
    ) -> Result<Datum> {
        let Some(call) = self.outside.draws.as_mut().and_then(|draws| draws.call(name, args)) else {
            return run(self, args);
        };
        if let Some(earlier) = self.outside.draws.as_mut().and_then(|draws| draws.earlier(&call)) {
            return Ok(earlier);
        }
        let result = run(self, args)?;
        if let Some(draws) = &mut self.outside.draws {
            draws.drew(&call, &result);
        }
        Ok(result)
    }

    /// Seconds and nanoseconds since 1970, for this template.
    pub(crate) fn now(&mut self) -> (i64, u32) {
        let clock = self.outside.clock.now();
        match &mut self.outside.draws {
            Some(draws) => draws.now(clock),
            None => clock,
        }
    }

    fn called<'t>(
        &mut self,
        state: &mut State<'t>,
        name: &str,
        node: At<'t>,
        result: Result<Datum>,
    ) -> Result<Slot> {
        let result = match result {
            Ok(Datum::Str(text)) if text.len() > self.limits.bytes => {
                Err(Failure::limit(format!("the text has more than {} bytes", self.limits.bytes)))
            }
            result => result,
        };
        match result {
            Ok(datum) => Ok(Slot::of(datum)),
            Err(failure) => {
                state.at = node;
                Err(self.fail_with(state, &format!("error calling {name}: "), failure))
            }
        }
    }

    fn count_args(
        &self,
        state: &State<'_>,
        name: &str,
        params: &[Param],
        variadic: bool,
        given: usize,
        has_last: bool,
    ) -> Result<()> {
        let total = given + usize::from(has_last);
        if variadic {
            let fixed = params.len() - 1;
            if total < fixed {
                let cause = format!("wrong number of args for {name}: want at least {fixed} got {given}");
                return Err(self.fail(state, &cause));
            }
        } else if total != params.len() {
            let cause = format!("wrong number of args for {name}: want {} got {total}", params.len());
            return Err(self.fail(state, &cause));
        }
        Ok(())
    }

    fn args<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        params: &[Param],
        variadic: bool,
        args: &'t [Term],
        last: Option<Slot>,
    ) -> Result<Vec<Slot>> {
        let mut values = Vec::with_capacity(args.len() + 1);
        let param = |index: usize| {
            let most = params.len().saturating_sub(1);
            params[if variadic { index.min(most) } else { index }]
        };
        for (index, arg) in args.iter().enumerate() {
            let value = self.arg(state, dot, param(index), arg)?;
            values.push(value);
        }
        if let Some(last) = last {
            let value = self.fit(state, last, param(args.len()))?;
            values.push(value);
        }
        Ok(values)
    }

    fn arg<'t>(&mut self, state: &mut State<'t>, dot: &Slot, param: Param, term: &'t Term) -> Result<Slot> {
        state.at = At::Term(term);
        let literal = match term {
            Term::Nil { .. } => {
                return match param.zero() {
                    Some(zero) => Ok(zero),
                    None => Err(self.fail(state, &format!("cannot assign nil to {}", param.type_name()))),
                };
            }
            Term::Bool { truth, .. } => match param {
                Param::Bool => Some(Datum::Bool(*truth)),
                Param::Any | Param::Value => return Ok(Slot::Own(Datum::Bool(*truth))),
                _ => None,
            },
            Term::String { literal, .. } => match param {
                Param::Str => Some(Datum::Str(literal.text.clone())),
                Param::Any | Param::Value => return Ok(Slot::Own(Datum::Str(literal.text.clone()))),
                _ => None,
            },
            Term::Number { number, .. } => match param {
                Param::Int => number.int.map(Datum::Int),
                Param::Duration => number.int.map(Datum::Duration),
                Param::Uint32 => number.uint.map(Datum::Uint64),
                Param::Float => number.float.map(Datum::Float),
                Param::Any | Param::Value => return self.number(state, term, number),
                _ => None,
            },
            term => {
                let value = self.operand(state, dot, term)?;
                return self.fit(state, value, param);
            }
        };
        if let Some(datum) = literal {
            Ok(Slot::Own(datum))
        } else {
            let cause = match param.expected() {
                Some(expected) => format!("expected {expected}; found {term}"),
                None => format!("can't handle {term} for arg of type {}", param.type_name()),
            };
            Err(self.fail(state, &cause))
        }
    }

    /// Go's `validateType`.
    fn fit(&self, state: &State<'_>, value: Slot, param: Param) -> Result<Slot> {
        if let Slot::Invalid = value {
            return param
                .zero()
                .ok_or_else(|| self.fail(state, &format!("invalid value; expected {}", param.type_name())));
        }
        if param.accepts(value.as_datum()) {
            return Ok(if param == Param::Value { value } else { Slot::Own(value.datum()) });
        }
        let got = match &value {
            Slot::Any(Datum::Nil) => "interface {}",
            value => value.as_datum().type_name(),
        };
        let cause = format!("wrong type for value; expected {}; got {got}", param.type_name());
        Err(self.fail(state, &cause))
    }
}

fn into_data(values: Vec<Slot>) -> Vec<Datum> {
    values.into_iter().map(Slot::datum).collect()
}

impl Param {
    /// What an untyped nil becomes, if it may.
    fn zero(self) -> Option<Slot> {
        Some(match self {
            Self::Any | Self::Value => Slot::Invalid,
            Self::Map => Slot::Own(Datum::Map(Map::nil(MapKind::Any))),
            Self::List => Slot::Own(Datum::List(List::nil(ListKind::Any))),
            _ => return None,
        })
    }

    /// Whether a value has the type, or one that Go assigns to it.
    fn accepts(self, datum: &Datum) -> bool {
        match self {
            Self::Any | Self::Value => true,
            Self::Str => matches!(datum, Datum::Str(_)),
            Self::Int => matches!(datum, Datum::Int(_)),
            Self::Uint32 => false,
            Self::Float => matches!(datum, Datum::Float(_)),
            Self::Bool => matches!(datum, Datum::Bool(_)),
            Self::Map => matches!(datum, Datum::Map(map) if map.kind().holds_any()),
            Self::List => matches!(datum, Datum::List(list) if list.kind() == ListKind::Any),
            Self::Time => matches!(datum, Datum::Time(_)),
            Self::Duration => matches!(datum, Datum::Duration(_)),
            Self::Certificate => datum.type_name() == "sprig.certificate",
            Self::Version => datum.type_name() == "*semver.Version",
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Value => "reflect.Value",
            Self::Str => "string",
            Self::Int => "int",
            Self::Uint32 => "uint32",
            Self::Float => "float64",
            Self::Bool => "bool",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Certificate => "sprig.certificate",
            Self::Version => "*semver.Version",
        }
    }

    /// How Go calls a constant that it wants.
    fn expected(self) -> Option<&'static str> {
        Some(match self {
            Self::Str => "string",
            Self::Int | Self::Duration => "integer",
            Self::Uint32 => "unsigned integer",
            Self::Float => "float",
            Self::Bool => "bool",
            _ => return None,
        })
    }
}
