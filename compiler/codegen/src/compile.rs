//! From a module to the code of its functions, on as many threads as there are processors.
//!
//! What comes out does not depend on the number of threads: functions are independent, and their
//! code is put together in the module's order.

use crate::lower::{self, Counted, Environment, Lowered, namespace};
use crate::once::Once;
use crate::statics::Statics;
use crate::symbols::function_symbols;
use crate::target::Effort;
use crate::{Error, FunctionSize, Model, Options, target};
use abi::functions::{RuntimeFn, entry};
use cranelift_codegen::ir::UserExternalNameRef;
use cranelift_codegen::isa::unwind::UnwindInfo;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::{FinalizedMachReloc, control::ControlPlane};
use cranelift_module::{FuncId, ModuleReloc};
use ir::{Imm, Inst, Op};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A function with more instructions than this is compiled without Cranelift's optimiser and with
/// its register allocator of one pass: the time of the usual ones grows faster than the function.
/// What is that long (a chunk that fills tables) runs once.
const HUGE: usize = 20_000;

/// What is known before the first function is compiled.
pub(crate) struct Plan<'a> {
    pub(crate) module: &'a ir::Module,
    pub(crate) options: &'a Options,
    pub(crate) isa: OwnedTargetIsa,
    /// For functions that are [`HUGE`].
    plain_isa: OwnedTargetIsa,
    pub(crate) statics: Statics<'a>,
    once: Once,
    pub(crate) symbols: Vec<String>,
    own_upvalue: Vec<Option<u32>>,
}

/// The code of a function.
pub(crate) struct Code {
    pub(crate) symbol: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) alignment: u64,
    pub(crate) relocs: Vec<ModuleReloc>,
    /// In the order of their return addresses.
    pub(crate) sites: Vec<CallSite>,
    pub(crate) unwind: Option<UnwindInfo>,
    /// Where a line's code begins, in order; empty unless line tables are wanted.
    pub(crate) lines: Vec<(u32, u32)>,
    /// The calls that are counted, in the order of their counters.
    pub(crate) counted: Vec<Counted>,
    root_size: u32,
}

/// A call that the runtime may look up.
pub(crate) struct CallSite {
    /// From the start of the function.
    pub(crate) return_offset: u32,
    pub(crate) frame_size: u32,
    /// As in the tables of the object.
    pub(crate) roots: Vec<u32>,
    /// `None` in the prologue.
    pub(crate) inst: Option<Inst>,
}

impl Code {
    pub(crate) fn size(&self) -> FunctionSize {
        FunctionSize {
            symbol: self.symbol.clone(),
            code_size: self.bytes.len() as u32,
            site_count: self.sites.len() as u32,
            root_size: self.root_size,
        }
    }
}

impl<'a> Plan<'a> {
    pub(crate) fn new(module: &'a ir::Module, options: &'a Options) -> Result<Plan<'a>, Error> {
        let instance = options.model == Model::Instance;
        let once = Once::new(module, options);
        Ok(Plan {
            module,
            options,
            isa: target::isa(options, Effort::Usual)?,
            plain_isa: target::isa(options, Effort::Linear)?,
            statics: Statics::new(module, instance, &once),
            once,
            symbols: function_symbols(module),
            own_upvalue: own_upvalues(module),
        })
    }

    /// The code generator for a function.
    fn isa_of(&self, index: usize) -> &dyn TargetIsa {
        let is_huge = self.module.functions[index].insts.len() > HUGE;
        if is_huge { &*self.plain_isa } else { &*self.isa }
    }

    fn environment(&self) -> Environment<'_> {
        Environment {
            isa: &*self.isa,
            statics: &self.statics,
            once: &self.once,
            instance: self.options.model == Model::Instance,
            stats: self.options.stats,
            runtime_conv: target::runtime_call_conv(self.isa.triple()),
            own_upvalue: &self.own_upvalue,
        }
    }

    /// Compiles every function.
    pub(crate) fn compile_functions(&self) -> Result<Vec<Code>, Error> {
        self.for_each_function(|plan, index| plan.compile(index))
    }

    /// The CLIF of every function.
    pub(crate) fn clif(&self) -> Result<String, Error> {
        let texts = self.for_each_function(|plan, index| {
            let lowered = plan.lower(index);
            Ok(format!("; {}\n{}\n", plan.symbols[index], lowered.context.func.display()))
        })?;
        Ok(texts.concat())
    }

    /// The code of every function in the notation of Cranelift's back end, with the source lines
    /// of the calls.
    pub(crate) fn asm(&self) -> Result<String, Error> {
        let texts = self.for_each_function(|plan, index| {
            let mut lowered = plan.lower(index);
            lowered.context.set_disasm(true);
            let result = lowered.context.compile(plan.isa_of(index), &mut ControlPlane::default());
            result.map_err(|error| plan.internal(index, error.inner.to_string()))?;
            Ok(plan.listing(index, &lowered.context))
        })?;
        Ok(texts.concat())
    }

    fn listing(&self, index: usize, context: &cranelift_codegen::Context) -> String {
        let Some(code) = context.compiled_code() else { return String::new() };
        let names = context.func.params.user_named_funcs();
        let id = ir::FuncId(index as u32);
        let func = &self.module[id];
        let source = self.module.source_of(id);
        let file = String::from_utf8_lossy(source.get(1..).unwrap_or_default());
        let mut text = format!("; {}: {} bytes\n", self.symbols[index], code.buffer.data().len());
        // Behind each call with a stack map stands a note of it, in the order of the calls.
        let mut sites = call_sites(code).into_iter();
        let mut last = None;
        for line in code.vcode.as_deref().unwrap_or_default().lines() {
            if line.starts_with("  ; ^--") || line.starts_with("  unwind ") {
                continue;
            }
            if !line.starts_with("  ; ") {
                self.push_named(&mut text, line, |number| {
                    let name = names.get(UserExternalNameRef::from_u32(number))?;
                    Some((name.namespace, name.index as usize))
                });
                text.push('\n');
                continue;
            }
            let inst = sites.next().and_then(|site| site.inst);
            let at = inst.map_or(func.line_defined, |inst| func.inst(inst).line);
            // The note goes behind the call, and is not repeated for calls of the same line.
            if last != Some(at) {
                text.pop();
                // Writing to a string does not fail.
                let _ = writeln!(text, "    ; {file}:{at}");
                last = Some(at);
            }
        }
        text.push('\n');
        text
    }

    /// Appends a line in which the back end's numbers for names are replaced by the names.
    fn push_named(
        &self,
        text: &mut String,
        line: &str,
        name: impl Fn(u32) -> Option<(u32, usize)>,
    ) {
        const NUMBERED: &str = "userextname";
        let mut rest = line;
        while let Some(at) = rest.find(NUMBERED) {
            let digits = &rest[at + NUMBERED.len()..];
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let symbol = match digits[..end].parse().ok().and_then(&name) {
                Some((namespace::LUA, index)) => self.symbols.get(index).map(String::as_str),
                Some((namespace::RUNTIME, index)) => RuntimeFn::ALL.get(index).map(|f| f.symbol()),
                Some((namespace::ENTRY, _)) => Some(entry::CALL_VALUE),
                Some((namespace::STATICS, _)) => Some("lua:statics"),
                Some((namespace::STATS, _)) => Some("lua:stats"),
                _ => None,
            };
            let before = &rest[..at];
            match (symbol, before.strip_suffix("User(")) {
                (Some(symbol), Some(before)) if digits[end..].starts_with(')') => {
                    text.push_str(before);
                    text.push_str(symbol);
                    rest = &digits[end + 1..];
                }
                (symbol, _) => {
                    text.push_str(before);
                    text.push_str(symbol.unwrap_or(&rest[at..at + NUMBERED.len() + end]));
                    rest = &digits[end..];
                }
            }
        }
        text.push_str(rest);
    }

    /// Runs `work` for each function, on several threads; the results in the module's order, or
    /// the error of the first function that has one.
    fn for_each_function<T: Send>(
        &self,
        work: impl Fn(&Self, usize) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let count = self.module.functions.len();
        let processors = || std::thread::available_parallelism().map_or(1, |n| n.get());
        let threads = match self.options.threads {
            0 => processors(),
            threads => threads,
        };
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Result<T, Error>)>> = Mutex::new(Vec::with_capacity(count));
        let run = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    break;
                }
                let result = self.guarded(index, &work);
                let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                done.push((index, result));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.min(count) {
                // Cranelift's own recursion is shallow, but not in every pass.
                let builder = std::thread::Builder::new().stack_size(16 << 20);
                if builder.spawn_scoped(scope, run).is_err() {
                    break;
                }
            }
            run();
        });
        let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// Work on one function, a panic turned into an error.
    fn guarded<T>(
        &self,
        index: usize,
        work: &impl Fn(&Self, usize) -> Result<T, Error>,
    ) -> Result<T, Error> {
        catch_unwind(AssertUnwindSafe(|| work(self, index))).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(self.internal(index, text.unwrap_or("panic").to_string()))
        })
    }

    fn internal(&self, index: usize, reason: String) -> Error {
        Error::Internal { function: self.symbols[index].clone(), reason }
    }

    fn lower(&self, index: usize) -> Lowered {
        let id = ir::FuncId(index as u32);
        lower::lower(&self.environment(), id, &self.module[id])
    }

    fn compile(&self, index: usize) -> Result<Code, Error> {
        let Lowered { mut context, counted, root_size } = self.lower(index);
        let result = context.compile(self.isa_of(index), &mut ControlPlane::default());
        if let Err(error) = result {
            let reason = format!("{:?}", error.inner);
            return Err(self.internal(index, reason));
        }
        let code = context.compiled_code().ok_or_else(|| self.internal(index, "no code".into()))?;
        let unwind = code
            .create_unwind_info(&*self.isa)
            .map_err(|error| self.internal(index, error.to_string()))?;
        let func_id = FuncId::from_u32(index as u32);
        let relocs = code.buffer.relocs().iter();
        let relocs = relocs.map(|reloc: &FinalizedMachReloc| {
            ModuleReloc::from_mach_reloc(reloc, &context.func, func_id)
        });
        Ok(Code {
            symbol: self.symbols[index].clone(),
            bytes: code.buffer.data().to_vec(),
            alignment: u64::from(code.buffer.alignment),
            relocs: relocs.collect(),
            sites: call_sites(code),
            unwind,
            lines: if self.options.debug_directory.is_some() {
                self.lines(index, code)
            } else {
                vec![]
            },
            counted,
            root_size,
        })
    }
}

impl Plan<'_> {
    /// Where lines begin in the code of a function, from the locations of instructions.
    fn lines(&self, index: usize, code: &cranelift_codegen::CompiledCode) -> Vec<(u32, u32)> {
        let func = &self.module.functions[index];
        let mut lines = vec![(0, func.line_defined)];
        for location in code.buffer.get_srclocs_sorted() {
            let bits = if location.loc.is_default() { 0 } else { location.loc.bits() };
            let line = match bits.checked_sub(1) {
                Some(inst) => func.inst(Inst(inst)).line,
                None => continue,
            };
            let (start, last) = *lines.last().expect("the first is there");
            if line == 0 || line == last {
                continue;
            }
            if start == location.start {
                lines.pop();
            }
            lines.push((location.start, line));
        }
        lines
    }
}

/// The calls with a stack map, and the instructions they belong to.
fn call_sites(code: &cranelift_codegen::CompiledCode) -> Vec<CallSite> {
    let locations = code.buffer.get_srclocs_sorted();
    let mut sites = Vec::new();
    for (return_offset, frame_size, map) in code.buffer.user_stack_maps() {
        // The location of the call's last byte.
        let at = return_offset - 1;
        let after = locations.partition_point(|location| location.start <= at);
        let location = after.checked_sub(1).map(|index| &locations[index]);
        let location = location.filter(|location| at < location.end && !location.loc.is_default());
        let bits = location.map_or(lower::PROLOGUE, |location| location.loc.bits());
        let mut roots: Vec<u32> =
            map.entries().map(|(ty, offset)| offset << 2 | lower::type_to_kind(ty)).collect();
        roots.sort_unstable();
        sites.push(CallSite {
            return_offset: *return_offset,
            frame_size: *frame_size,
            roots,
            inst: bits.checked_sub(1).map(Inst),
        });
    }
    sites.sort_by_key(|site| site.return_offset);
    sites
}

/// By function: the upvalue that holds the closure itself, if that is so wherever one is made.
fn own_upvalues(module: &ir::Module) -> Vec<Option<u32>> {
    let mut own: Vec<Option<Option<u32>>> = vec![None; module.functions.len()];
    for func in &module.functions {
        for inst in func.layout.iter().flat_map(|block| func.insts_of(*block)) {
            let data = func.inst(*inst);
            if let (Op::Closure, Imm::Closure(id, itself)) = (data.op, data.imm) {
                let itself = itself.map(|capture| capture.0);
                let known = &mut own[id.index()];
                *known = Some(known.map_or(itself, |known| known.filter(|_| known == itself)));
            }
        }
    }
    own.into_iter().map(Option::flatten).collect()
}
