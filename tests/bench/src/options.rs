//! The command line.

use std::env;
use std::path::{Path, PathBuf};

pub(crate) struct Options {
    /// Parts of the names of the programs to run; all where there are none.
    pub(crate) names: Vec<String>,
    pub(crate) runs: usize,
    /// Ways to run our programs: `tier0`, `O0` and so on.
    pub(crate) modes: Vec<String>,
    pub(crate) peers: Vec<String>,
    pub(crate) footprint: bool,
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) out: PathBuf,
    pub(crate) markdown: bool,
    pub(crate) perilune: PathBuf,
    pub(crate) reference: Option<PathBuf>,
    /// For executables.
    pub(crate) scratch: PathBuf,
}

impl Options {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let own = env::current_exe().map_err(|error| error.to_string())?;
        let folder = own.parent().unwrap_or(Path::new("."));
        let scratch = folder.join("bench-files");
        let mut options = Options {
            names: Vec::new(),
            runs: 5,
            modes: vec!["O2".into()],
            peers: vec!["lua5.5".into(), "luajit".into()],
            footprint: true,
            corpus: None,
            out: scratch.clone(),
            markdown: false,
            perilune: folder.join(format!("perilune{}", env::consts::EXE_SUFFIX)),
            reference: None,
            scratch,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
            let list = |text: String| text.split(',').map(str::to_owned).collect::<Vec<_>>();
            match argument.as_str() {
                "--runs" => {
                    let runs: usize = value()?.parse().map_err(|_| "--runs wants a number")?;
                    options.runs = runs.max(5);
                }
                "--modes" => options.modes = list(value()?),
                "--peers" => options.peers = list(value()?),
                "--no-footprint" => options.footprint = false,
                "--corpus" => options.corpus = Some(value()?.into()),
                "--out" => options.out = value()?.into(),
                "--markdown" => options.markdown = true,
                "--perilune" => options.perilune = value()?.into(),
                "--reference" => options.reference = Some(value()?.into()),
                _ if argument.starts_with('-') => return Err(format!("unknown option {argument}")),
                _ => options.names.push(argument),
            }
        }
        options.peers.retain(|peer| peer != "none");
        if !options.perilune.is_file() {
            let path = options.perilune.display();
            return Err(format!("no compiler at {path} (cargo build --release makes it)"));
        }
        Ok(options)
    }
}
