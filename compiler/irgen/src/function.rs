//! A function of the tree to one of the IR.

use crate::Options;
use crate::builder::{Builder, Memory};
use alloc::vec::Vec;
use ir::{Function, Type, UpvalueKind, UpvalueSource};
use syntax::ast::{self, Chunk, FunctionId};

/// The IR of a function. It has neither name nor hash.
pub(crate) fn generate(
    chunk: &Chunk,
    options: &Options,
    has_backward: &[bool],
    id: FunctionId,
    memory: &mut Memory,
) -> Function {
    let tree = chunk.function(id);
    let mut builder = Builder::new(chunk, options, has_backward, id, memory);
    builder.func.line_defined = tree.line_defined;
    builder.func.last_line_defined = tree.last_line_defined;
    builder.func.is_vararg = tree.is_vararg;
    declare_upvalues(&mut builder, tree);
    let scope = builder.enter_scope();
    let entry = builder.block;
    let values: Vec<_> =
        tree.parameters.iter().map(|_| builder.func.add_param(entry, Type::Any)).collect();
    for (local, value) in tree.parameters.iter().zip(values) {
        let name = builder.str(chunk.local(*local).name);
        builder.func.params.push(name);
        builder.declare(*local, value);
    }
    if tree.is_vararg {
        // The reference's first instruction makes room for them.
        builder.step_without_code(tree.line_defined.max(1));
    }
    // What is still open at the end is closed by the return.
    builder.body(&tree.body, tree.return_line);
    builder.leave_scope(scope);
    let mut func = builder.func;
    if let Some(frame) = builder.debug {
        frame.finish(&mut func);
    }
    ir::remove_unreachable_blocks::run(&mut func);
    ir::remove_trivial_params::run(&mut func);
    ir::thread_jumps::run(&mut func);
    number_sites(&mut func);
    func
}

/// Whether a function does without this upvalue: the environment, where `global.get` reaches the
/// globals and no expression names it.
pub(crate) fn is_left_out(
    chunk: &Chunk,
    options: &Options,
    id: FunctionId,
    upvalue: &ast::Upvalue,
) -> bool {
    let needs_env = chunk.env.read || options.env == ir::EnvMode::Variable;
    upvalue.local.is_none() && !needs_env && id != Chunk::MAIN
}

/// Whether closures share a cell for this upvalue.
pub(crate) fn is_cell_upvalue(chunk: &Chunk, options: &Options, upvalue: &ast::Upvalue) -> bool {
    match upvalue.local {
        Some(local) => is_cell(chunk, options, local),
        None => chunk.env.assigned || options.cells,
    }
}

/// Whether a local lives in a cell.
pub(crate) fn is_cell(chunk: &Chunk, options: &Options, id: ast::LocalId) -> bool {
    let local = chunk.local(id);
    local.captured && (local.assigned || options.cells)
}

fn declare_upvalues(builder: &mut Builder<'_>, tree: &ast::Function) {
    let chunk = builder.chunk;
    for upvalue in &tree.upvalues {
        if is_left_out(chunk, builder.options, builder.id, upvalue) {
            builder.upvalue_map.push(None);
            continue;
        }
        let is_cell = is_cell_upvalue(chunk, builder.options, upvalue);
        let kind = if is_cell { UpvalueKind::Cell } else { UpvalueKind::ByValue };
        let source = match upvalue.source {
            ast::UpvalueSource::Upvalue(outer) => {
                UpvalueSource::ParentUpvalue(outer_index(builder, tree, outer))
            }
            ast::UpvalueSource::Local(_) | ast::UpvalueSource::Environment => {
                UpvalueSource::ParentValue
            }
        };
        let name = builder.str(upvalue.name);
        builder.upvalue_map.push(Some(builder.func.upvalues.len() as u32));
        builder.func.upvalues.push(ir::Upvalue { name, kind, source });
    }
}

/// The index of an upvalue of the enclosing function among those that are not left out there.
fn outer_index(builder: &Builder<'_>, tree: &ast::Function, outer: ast::UpvalueId) -> u32 {
    let Some(parent) = tree.parent else { return outer.0 };
    let upvalues = &builder.chunk.function(parent).upvalues;
    let is_kept =
        |upvalue: &&ast::Upvalue| !is_left_out(builder.chunk, builder.options, parent, upvalue);
    upvalues[..outer.0 as usize].iter().filter(is_kept).count() as u32
}

/// Numbers the sites in the order of the layout.
fn number_sites(func: &mut Function) {
    let mut site = 0;
    for block in &func.layout {
        for inst in &func.blocks[block.index()].insts {
            func.insts[inst.index()].site = site;
            site += 1;
        }
    }
}
