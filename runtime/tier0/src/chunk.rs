//! A chunk: what its functions share, and what they are made from.

use alloc::vec::Vec;
use core::cell::RefCell;

use ir::Outline;
use irgen::Functions;
use runtime::gc::Gc;
use runtime::table::Table;

use crate::code::Code;
use crate::compile;

/// What the functions of a chunk share.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// The strings that are not interned, as keys and values: every function refers to it. It is
    /// older than all of them. None where no text of the chunk is that long.
    pub(crate) long_strings: Option<Gc<Table>>,
    origin: Origin,
}

/// What a chunk was made from.
#[expect(clippy::large_enum_variant, reason = "most chunks are texts, which one memory does for")]
#[derive(Debug)]
enum Origin {
    /// A text, whether its functions are debuggable, and their trees until they are called.
    Text(syntax::Source, bool, RefCell<Functions>),
    /// The records of a precompiled chunk.
    Records(ir::binary::Records),
}

/// About how much memory a tree takes for each byte of its text.
const TREE_COST: usize = 16;

impl Chunk {
    /// The chunk of a text. `string.dump` makes its functions again from that.
    pub(crate) fn of_text(
        source: syntax::Source,
        debuggable: bool,
        functions: Functions,
        long_strings: Option<Gc<Table>>,
    ) -> Chunk {
        let origin = Origin::Text(source, debuggable, RefCell::new(functions));
        Chunk { long_strings, origin }
    }

    /// A precompiled chunk.
    pub(crate) fn of_records(
        records: ir::binary::Records,
        long_strings: Option<Gc<Table>>,
    ) -> Chunk {
        Chunk { long_strings, origin: Origin::Records(records) }
    }

    /// The chunk's name as `load` takes it.
    pub(crate) fn name(&self) -> &[u8] {
        match &self.origin {
            Origin::Text(source, ..) => &source.name,
            Origin::Records(records) => records.source(),
        }
    }

    /// What is known of a function before it is made.
    pub(crate) fn outline(&self, index: u32) -> Outline {
        match &self.origin {
            Origin::Text(_, _, functions) => functions.borrow().outline(index),
            Origin::Records(records) => records.outline(index),
        }
    }

    /// Makes the code of a function, whose tree must not be forgotten.
    pub(crate) fn compile(&self, index: u32) -> Code {
        let mut function = match &self.origin {
            Origin::Text(_, _, functions) => functions.borrow().make(index),
            Origin::Records(records) => records.read(index),
        };
        let mut code = compile::function(&function);
        code.strings = core::mem::take(&mut function.strings);
        code
    }

    /// Gives up the tree of a function that has its code: how much memory that frees.
    pub(crate) fn forget(&self, index: u32) -> usize {
        let before = self.size_in_bytes();
        if let Origin::Text(_, _, functions) = &self.origin {
            functions.borrow_mut().forget(index);
        }
        before - self.size_in_bytes()
    }

    /// About how much memory it takes.
    pub(crate) fn size_in_bytes(&self) -> usize {
        match &self.origin {
            Origin::Text(source, _, functions) => {
                let functions = functions.borrow();
                let trees = source.text.len() * TREE_COST;
                source.text.len() + trees / functions.len() * functions.tree_count()
            }
            Origin::Records(records) => records.size_in_bytes(),
        }
    }

    /// The records of a function and of those inside it.
    pub(crate) fn records(&self, index: u32) -> Option<Vec<u8>> {
        let (source, debuggable, functions) = match &self.origin {
            Origin::Text(source, debuggable, functions) => {
                (source, *debuggable, functions.borrow())
            }
            Origin::Records(records) => return Some(records.inside(index).to_vec()),
        };
        let options = irgen::Options::dumped(debuggable);
        let mut writer = ir::binary::Writer::new(index);
        if functions.is_whole() {
            functions.each_inside(index, &options, &mut |function| writer.add(function));
        } else {
            // The text is known to be correct.
            let tree = syntax::parse(source).ok()?;
            let again = Functions::new(tree, &options);
            again.each_inside(index, &options, &mut |function| writer.add(function));
        }
        Some(writer.finish())
    }
}
