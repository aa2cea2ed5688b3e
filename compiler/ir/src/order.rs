//! Functions that only compare their two parameters, as most of those are that `table.sort` is given.

use crate::function::Function;
use crate::op::Op;

pub use abi::object::proto_flags::{GREATER, LESS};

/// The flag of a prototype that says so: [`LESS`] for `function(a, b) return a < b end`,
/// [`GREATER`] for `return a > b`, else 0.
pub fn flag(func: &Function) -> u8 {
    let entry = func.entry();
    let (&[a, b], &[compare, leave]) = (func.params_of(entry), func.insts_of(entry)) else {
        return 0;
    };
    let is_plain = !func.is_vararg && func.debug.is_none() && func.params.len() == 2;
    let returns = func.inst(compare).op == Op::Lt
        && func.inst(leave).op == Op::Return
        && func.args(leave) == [func.result(compare)];
    if !is_plain || !returns {
        return 0;
    }
    match func.args(compare) {
        args if args == [a, b] => LESS,
        args if args == [b, a] => GREATER,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    use crate::read::read_module;

    fn flag_of(params: &str, body: &str) -> u8 {
        let text = format!(
            "module \"=t\" 5.4 globals\n\nfn @0 \"main\"(...) lines 0..0 hash 0x1 {{\n\
             b0:\n    v0: func = closure @1()\n    return v0\n}}\n\n\
             fn @1 \"f\"({params}) lines 1..1 hash 0x2 {{\n{body}}}\n"
        );
        let module = read_module(&text).expect("IR");
        flag(&module.functions[1])
    }

    #[test]
    fn comparisons_of_the_parameters_have_a_flag() {
        let of = |compare: &str| {
            let body =
                format!("b0(v0: any, v1: any):\n    v2: bool = {compare} @1\n    return v2 @1\n");
            flag_of("\"a\", \"b\"", &body)
        };
        assert_eq!(of("lt v0, v1"), LESS);
        assert_eq!(of("lt v1, v0"), GREATER);
        assert_eq!(of("le v0, v1"), 0);
        assert_eq!(of("lt v0, v0"), 0);
    }

    #[test]
    fn other_functions_have_none() {
        let body = "b0(v0: any, v1: any):\n    v2: bool = lt v0, v1 @1\n    return v0 @1\n";
        assert_eq!(flag_of("\"a\", \"b\"", body), 0);
        let body = "b0(v0: any, v1: any):\n    v2: bool = lt v0, v1 @1\n    return v2, v2 @1\n";
        assert_eq!(flag_of("\"a\", \"b\"", body), 0);
        let body = "b0(v0: any, v1: any):\n    v2: bool = lt v0, v1 @1\n    return v2 @1\n";
        assert_eq!(flag_of("\"a\", \"b\", ...", body), 0);
    }
}
