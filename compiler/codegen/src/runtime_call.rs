//! Signatures of runtime functions and of Lua functions, derived from `abi`.

use abi::functions::{Kind, RuntimeFn};
use cranelift_codegen::ir::{AbiParam, Signature, types::I64};
use cranelift_codegen::isa::CallConv;

/// The signature of a runtime function.
pub(crate) fn signature(function: RuntimeFn, call_conv: CallConv) -> Signature {
    let mut signature = Signature::new(call_conv);
    let words: usize = 1 + function.params().iter().map(|kind| words(*kind)).sum::<usize>();
    signature.params = vec![AbiParam::new(I64); words];
    if function.result() != Kind::None {
        signature.returns = vec![AbiParam::new(I64)];
    }
    signature
}

fn words(kind: Kind) -> usize {
    match kind {
        Kind::Value => 2,
        Kind::Word => 1,
        Kind::None => 0,
    }
}

/// The signature of every Lua function (`abi::call`), as a caller sees it that has something to
/// say in `payloads` of the three payload registers. What is not passed is not read.
pub(crate) fn lua_signature(payloads: usize) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params = vec![AbiParam::new(I64); 3 + payloads];
    signature.returns = vec![AbiParam::new(I64); 2];
    signature
}
