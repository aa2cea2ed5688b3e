//! The target: Cranelift's settings for a triple.

use crate::{Error, OptLevel, Options};
use cranelift_codegen::isa::{self, CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use target_lexicon::{Architecture, BinaryFormat, Triple};

/// The triple of the machine that compiles.
pub fn host() -> Triple {
    Triple::host()
}

/// How much work a function is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// What the options say.
    Usual,
    /// Time and memory in proportion to the function's size, whatever comes out.
    Linear,
}

/// The code generator for the options, for functions that are worth this much work.
pub(crate) fn isa(options: &Options, effort: Effort) -> Result<OwnedTargetIsa, Error> {
    let mut flags = settings::builder();
    let level = match (effort, options.opt_level) {
        (Effort::Linear, _) | (_, OptLevel::None) => "none",
        (Effort::Usual, OptLevel::Speed) => "speed",
    };
    let registers = match effort {
        Effort::Usual => "backtracking",
        Effort::Linear => "single_pass",
    };
    // All that code refers to is linked into the same image, and so is reached by relative
    // addresses, which is position independent. With the flag set Cranelift would go through the
    // global offset table. Mach-O on x86-64 has no relocation for such an address of data that
    // Cranelift knows of.
    let through_got = options.triple.binary_format == BinaryFormat::Macho
        && matches!(options.triple.architecture, Architecture::X86_64);
    let fixed = [
        ("opt_level", level),
        ("regalloc_algorithm", registers),
        ("is_pic", if through_got { "true" } else { "false" }),
        // Frames are walked by their frame pointers; and tail calls need them on x86-64.
        ("preserve_frame_pointers", "true"),
        ("unwind_info", "true"),
        ("enable_verifier", if options.verify { "true" } else { "false" }),
    ];
    for (name, value) in fixed {
        flags.set(name, value).map_err(|error| Error::Target(error.to_string()))?;
    }
    let unsupported = |error: &dyn std::fmt::Display| {
        Error::Target(format!("target '{}': {error}", options.triple))
    };
    if options.triple.binary_format == BinaryFormat::Coff
        && !matches!(options.triple.architecture, Architecture::X86_64)
    {
        return Err(unsupported(&"the object writer has no relocations of COFF for this machine"));
    }
    let mut builder = isa::lookup(options.triple.clone()).map_err(|error| unsupported(&error))?;
    if matches!(options.triple.architecture, Architecture::X86_64) {
        // For `floor` and its like as one instruction; every machine of the last 15 years has it.
        builder.enable("x86-64-v2").map_err(|error| unsupported(&error))?;
    }
    builder.finish(settings::Flags::new(flags)).map_err(|error| unsupported(&error))
}

/// The convention of runtime functions: the platform's for C, save that Windows on x86-64 uses
/// the one of the other systems, which passes enough in registers.
pub(crate) fn runtime_call_conv(triple: &Triple) -> CallConv {
    match triple.architecture {
        Architecture::X86_64 => CallConv::SystemV,
        _ => CallConv::triple_default(triple),
    }
}
