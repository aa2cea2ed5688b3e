//! How values of the IR are there in CLIF, and conversions between these forms.

use super::Lower;
use abi::value::tag;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I8, I64};
use cranelift_codegen::ir::{self as clif, InstBuilder, MemFlagsData};
use ir::Type;

/// A value in CLIF.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Repr {
    /// Nil, which needs no machine word.
    Nil,
    /// A boolean that is known.
    ConstBool(bool),
    /// A boolean: I8, 0 or 1.
    Bool(clif::Value),
    /// I64
    Int(clif::Value),
    /// F64
    Float(clif::Value),
    /// A pointer to an object of this type, which is `str`, `table`, `func`, `cell` or `pack`.
    Pointer(Type, clif::Value),
    /// Tag and payload, both I64.
    Any(clif::Value, clif::Value),
    /// An open list: the two words that a call returned, the rest in the context.
    Results(clif::Value, clif::Value),
    /// An open list: the variable arguments.
    Varargs,
}

/// The CLIF types of a value that passes a join.
pub(super) fn clif_types(ty: Type) -> &'static [clif::Type] {
    match ty {
        Type::Any => &[I64, I64],
        Type::Nil => &[],
        Type::Bool => &[I8],
        Type::Int => &[I64],
        Type::Float => &[F64],
        Type::Str | Type::Table | Type::Func | Type::Cell | Type::Pack => &[I64],
        Type::Multi => unreachable!("an open list passes no join"),
    }
}

/// The value of this type that came as these parts.
pub(super) fn from_parts(ty: Type, parts: &[clif::Value]) -> Repr {
    match ty {
        Type::Any => Repr::Any(parts[0], parts[1]),
        Type::Nil => Repr::Nil,
        Type::Bool => Repr::Bool(parts[0]),
        Type::Int => Repr::Int(parts[0]),
        Type::Float => Repr::Float(parts[0]),
        Type::Str | Type::Table | Type::Func | Type::Cell | Type::Pack => {
            Repr::Pointer(ty, parts[0])
        }
        Type::Multi => unreachable!("an open list passes no join"),
    }
}

/// The tag of values of a type, where it is one.
pub(super) fn tag_of_type(ty: Type) -> Option<u8> {
    match ty {
        Type::Nil => Some(tag::NIL),
        Type::Int => Some(tag::INT),
        Type::Float => Some(tag::FLOAT),
        Type::Str => Some(tag::STRING),
        Type::Table => Some(tag::TABLE),
        Type::Func => Some(tag::FUNCTION),
        Type::Cell => Some(tag::CELL),
        Type::Any | Type::Bool | Type::Multi | Type::Pack => None,
    }
}

impl Repr {
    /// The tag, where it is known.
    pub(super) fn known_tag(self) -> Option<u8> {
        match self {
            Repr::Nil => Some(tag::NIL),
            Repr::ConstBool(false) => Some(tag::FALSE),
            Repr::ConstBool(true) => Some(tag::TRUE),
            Repr::Int(_) => Some(tag::INT),
            Repr::Float(_) => Some(tag::FLOAT),
            Repr::Pointer(ty, _) => tag_of_type(ty),
            Repr::Bool(_) | Repr::Any(..) | Repr::Results(..) | Repr::Varargs => None,
        }
    }

    /// Whether the value may be an object of the heap.
    pub(super) fn may_be_collectable(self) -> bool {
        matches!(self, Repr::Pointer(..) | Repr::Any(..))
    }
}

impl Lower<'_> {
    /// A constant word.
    pub(super) fn int(&mut self, value: i64) -> clif::Value {
        self.b.ins().iconst(I64, value)
    }

    /// A constant float.
    pub(super) fn float(&mut self, value: f64) -> clif::Value {
        self.b.ins().f64const(value)
    }

    /// The bits of a float as a word.
    pub(super) fn float_bits(&mut self, value: clif::Value) -> clif::Value {
        self.b.ins().bitcast(I64, MemFlagsData::new(), value)
    }

    /// The float with these bits.
    pub(super) fn bits_float(&mut self, bits: clif::Value) -> clif::Value {
        self.b.ins().bitcast(F64, MemFlagsData::new(), bits)
    }

    /// An I8 of 0 or 1 from a boolean.
    pub(super) fn bool_bits(&mut self, value: Repr) -> clif::Value {
        match value {
            Repr::Bool(bits) => bits,
            Repr::ConstBool(value) => self.b.ins().iconst(I8, i64::from(value)),
            Repr::Any(found, _) => self.is_tag(found, tag::TRUE),
            other => unreachable!("{other:?} is no boolean"),
        }
    }

    /// Whether a tag word is this tag.
    pub(super) fn is_tag(&mut self, found: clif::Value, wanted: u8) -> clif::Value {
        self.b.ins().icmp_imm_u(IntCC::Equal, found, i64::from(wanted))
    }

    /// The tag as a word.
    pub(super) fn tag(&mut self, value: Repr) -> clif::Value {
        match (value, value.known_tag()) {
            (_, Some(known)) => self.int(i64::from(known)),
            (Repr::Bool(bits), _) => {
                let word = self.b.ins().uextend(I64, bits);
                self.b.ins().iadd_imm_u(word, i64::from(tag::FALSE))
            }
            (Repr::Any(tag, _), _) => tag,
            (other, _) => unreachable!("{other:?} has no tag"),
        }
    }

    /// The payload as a word.
    pub(super) fn payload(&mut self, value: Repr) -> clif::Value {
        match value {
            Repr::Nil | Repr::ConstBool(_) | Repr::Bool(_) => self.int(0),
            Repr::Int(word) | Repr::Pointer(_, word) | Repr::Any(_, word) => word,
            Repr::Float(float) => self.float_bits(float),
            Repr::Results(..) | Repr::Varargs => unreachable!("{value:?} has no payload"),
        }
    }

    /// Tag and payload, in the order of runtime functions' parameters.
    pub(super) fn pair(&mut self, value: Repr) -> [clif::Value; 2] {
        [self.tag(value), self.payload(value)]
    }

    /// Tag and payload of a value of the IR.
    pub(super) fn pair_of(&mut self, value: ir::Value) -> [clif::Value; 2] {
        let value = self.repr(value);
        self.pair(value)
    }

    /// The payload of a value of the IR.
    pub(super) fn payload_of(&mut self, value: ir::Value) -> clif::Value {
        let value = self.repr(value);
        self.payload(value)
    }

    /// The parts in which a value passes a join of this type.
    pub(super) fn parts(&mut self, value: Repr, ty: Type) -> Vec<clif::Value> {
        match self.convert(value, ty) {
            Repr::Nil => Vec::new(),
            value @ Repr::ConstBool(_) => vec![self.bool_bits(value)],
            Repr::Bool(part) | Repr::Int(part) | Repr::Float(part) => vec![part],
            Repr::Pointer(_, part) => vec![part],
            Repr::Any(tag, payload) => vec![tag, payload],
            Repr::Results(..) | Repr::Varargs => unreachable!("an open list passes no join"),
        }
    }

    /// The value in the form of this type. From `any` to another type nothing is tested: the IR
    /// says that the value is of the type.
    pub(super) fn convert(&mut self, value: Repr, ty: Type) -> Repr {
        match (ty, value) {
            (Type::Any, Repr::Any(..)) => value,
            (Type::Any, _) => {
                let [tag, payload] = self.pair(value);
                Repr::Any(tag, payload)
            }
            (Type::Nil, _) => Repr::Nil,
            (Type::Bool, Repr::Any(..)) => Repr::Bool(self.bool_bits(value)),
            (Type::Int, Repr::Any(_, payload)) => Repr::Int(payload),
            (Type::Float, Repr::Any(_, payload)) => Repr::Float(self.bits_float(payload)),
            (Type::Str | Type::Table | Type::Func | Type::Cell | Type::Pack, _) => {
                Repr::Pointer(ty, self.payload(value))
            }
            (Type::Bool | Type::Int | Type::Float | Type::Multi, _) => value,
        }
    }
}
