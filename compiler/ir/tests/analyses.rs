//! Dominators, loops and liveness on small functions.

use ir::dominators::Dominators;
use ir::liveness::{Liveness, Walker};
use ir::loops::Loops;
use ir::{Block, Function, Op};

const NESTED: &str = r#"
fn @0 "f"("a") lines 1..9 hash 0x1 {
b0(v0: any):
    v1: int = const.int 1
    jump b1(v1)
b1(v2: any):                    ; outer loop
    v3: bool = truthy v0
    branch v3, b2, b6
b2:
    v4: any = call v0 @2
    jump b3
b3:                             ; inner loop
    v5: any = call v4, v2 @3
    v6: bool = truthy v5
    branch v6, b4, b5
b4:
    jump b3
b5:
    v7: any = add v2, v1 @4
    jump b1(v7)
b6:
    return v2
}
"#;

fn nested() -> Function {
    let module = ir::read::read_module(NESTED).unwrap();
    ir::verify::verify_module(&module).unwrap();
    module.functions.into_iter().next().unwrap()
}

#[test]
fn dominators() {
    let tree = Dominators::new(&nested());
    let parent = |block| tree.parent(Block(block)).map(|block| block.0);
    assert_eq!((1..=6).map(parent).collect::<Vec<_>>(), [0, 1, 2, 3, 3, 1].map(Some));
    assert_eq!(parent(0), None);
    assert!(tree.dominates(Block(1), Block(5)));
    assert!(tree.dominates(Block(3), Block(3)));
    assert!(!tree.dominates(Block(4), Block(5)));
}

#[test]
fn loops() {
    let func = nested();
    let loops = Loops::new(&func, &Dominators::new(&func));
    assert_eq!(loops.loops.len(), 2);
    assert_eq!(loops.loops[0].header, Block(1));
    assert_eq!(loops.loops[1].header, Block(3));
    let depth = |block| loops.depth(Block(block));
    assert_eq!((0..=6).map(depth).collect::<Vec<_>>(), [0, 1, 1, 2, 2, 1, 0]);
    let outer = loops.innermost(Block(1)).unwrap();
    assert!(loops.contains(outer, Block(4)));
    assert!(!loops.contains(outer, Block(6)));
}

#[test]
fn live_values() {
    let func = nested();
    let liveness = Liveness::new(&func);
    let numbers = |values: &[ir::Value]| {
        let mut numbers: Vec<u32> = values.iter().map(|value| value.0).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(numbers(liveness.live_in(Block(1))), [0, 1]);
    assert_eq!(numbers(liveness.live_out(Block(1))), [0, 1, 2]);
    assert_eq!(numbers(liveness.live_in(Block(3))), [0, 1, 2, 4]);
    assert_eq!(numbers(liveness.live_in(Block(6))), [2]);
    // Across the calls: not their results, nor what they read for the last time.
    let mut walker = Walker::new(&func, &liveness);
    let mut across = Vec::new();
    for block in &func.layout {
        walker.walk(*block, |inst, live| {
            if func.inst(inst).op == Op::Call {
                across.push(numbers(live));
            }
        });
    }
    assert_eq!(across, [vec![0, 1, 2], vec![0, 1, 2, 4]]);
}

#[test]
fn wrong_text_has_a_line() {
    let error = |text| ir::read::read_module(text).unwrap_err();
    assert_eq!(error("fn").line, 1);
    assert_eq!(error("fn @0 \"f\"() lines 0..0 hash 0x0 {\nb0:\n  return v1\n}").line, 3);
    assert_eq!(
        error("fn @1 \"f\"() lines 0..0 hash 0x0 {}").reason,
        "functions are numbered in order"
    );
    // Every prefix of a text, and every text with one byte changed, is read or refused.
    for end in 0..NESTED.len() {
        let _ =
            ir::read::read_module(&NESTED[..end]).map(|module| ir::verify::verify_module(&module));
        for byte in ["0", "v", ",", "\"", "\n", "(", "9"] {
            let text = [&NESTED[..end], byte, &NESTED[end + 1..]].concat();
            let _ = ir::read::read_module(&text).map(|module| ir::verify::verify_module(&module));
        }
    }
}
