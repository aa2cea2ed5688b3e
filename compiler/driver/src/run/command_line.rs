//! The command line of the reference's `lua`: options, then a script, then the script's arguments.

use std::ffi::OsString;

/// What the options ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// What is done before the script, in order.
    pub(crate) steps: Vec<Step>,
    /// `-i`: lines are read and run after the script.
    pub(crate) interactive: bool,
    /// `-v`, or `-i`, which implies it.
    pub(crate) version: bool,
    /// `-E`: variables of the environment are ignored.
    pub(crate) ignore_environment: bool,
    /// The number of the argument that is the script, if there is one.
    pub(crate) script: Option<usize>,
    /// The script is the standard input: `-`, when no `--` makes it a name.
    pub(crate) script_is_input: bool,
}

/// Something that an option does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `-e`: runs this text.
    Execute(Vec<u8>),
    /// `-l`: requires a module into a global.
    Require {
        /// The global's name.
        global: Vec<u8>,
        /// The module's name.
        module: Vec<u8>,
    },
    /// `-W`: turns warnings on.
    Warnings,
}

/// An option that is none, or that lacks its argument: the message of the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadOption(pub(crate) Vec<u8>);

impl CommandLine {
    /// Whether there is code to run in options.
    pub(crate) fn executes(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Execute(_)))
    }

    /// Reads the arguments, the first of which is the program's name.
    pub(crate) fn parse(arguments: &[Vec<u8>]) -> Result<CommandLine, BadOption> {
        let mut line = CommandLine::default();
        let mut index = 1;
        while let Some(argument) = arguments.get(index) {
            match &argument[..] {
                [b'-', b'-'] => {
                    line.script = (index + 1 < arguments.len()).then_some(index + 1);
                    return Ok(line);
                }
                [b'-'] => {
                    line.script_is_input = true;
                    line.script = Some(index);
                    return Ok(line);
                }
                [b'-', b'E'] => line.ignore_environment = true,
                [b'-', b'W'] => line.steps.push(Step::Warnings),
                [b'-', b'i'] => {
                    line.interactive = true;
                    line.version = true;
                }
                [b'-', b'v'] => line.version = true,
                [b'-', letter @ (b'e' | b'l'), joined @ ..] => {
                    let text = if joined.is_empty() {
                        index += 1;
                        let next = arguments.get(index).filter(|next| next.first() != Some(&b'-'));
                        next.ok_or_else(|| BadOption(lacks_argument(argument)))?
                    } else {
                        joined
                    };
                    line.steps.push(match letter {
                        b'e' => Step::Execute(text.to_vec()),
                        _ => required(text),
                    });
                }
                [b'-', ..] => return Err(BadOption(unrecognized(argument))),
                _ => {
                    line.script = Some(index);
                    return Ok(line);
                }
            }
            index += 1;
        }
        Ok(line)
    }
}

fn lacks_argument(option: &[u8]) -> Vec<u8> {
    [b"'", option, b"' needs argument"].concat()
}

fn unrecognized(option: &[u8]) -> Vec<u8> {
    [b"unrecognized option '", option, b"'"].concat()
}

/// `-l global=module`, or `-l module`, where a suffix after a hyphen (a version) is no part of the
/// global's name.
fn required(text: &[u8]) -> Step {
    if let Some(place) = text.iter().position(|&byte| byte == b'=') {
        return Step::Require {
            global: text[..place].to_vec(),
            module: text[place + 1..].to_vec(),
        };
    }
    let end = text.iter().position(|&byte| byte == b'-').unwrap_or(text.len());
    Step::Require { global: text[..end].to_vec(), module: text.to_vec() }
}

/// The bytes of an argument.
pub(crate) fn bytes(argument: OsString) -> Vec<u8> {
    argument.into_encoded_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CommandLine, BadOption> {
        let words: Vec<Vec<u8>> = text.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        CommandLine::parse(&words)
    }

    fn message(text: &str) -> String {
        String::from_utf8(parse(text).unwrap_err().0).unwrap()
    }

    #[test]
    fn options_are_done_in_order() {
        let execute = |text: &str| Step::Execute(text.as_bytes().to_vec());
        let require = |global: &str, module: &str| Step::Require {
            global: global.as_bytes().to_vec(),
            module: module.as_bytes().to_vec(),
        };
        let line = parse("lua -e a -lm-2 -W -eb -l g=m-2 -v script -e x").unwrap();
        assert_eq!(
            line.steps,
            [execute("a"), require("m", "m-2"), Step::Warnings, execute("b"), require("g", "m-2")]
        );
        assert!(line.version && line.executes() && !line.interactive && !line.script_is_input);
        assert_eq!(line.script, Some(9));
    }

    #[test]
    fn where_the_script_is() {
        assert_eq!(parse("lua").unwrap(), CommandLine::default());
        assert_eq!(parse("lua --").unwrap().script, None);
        let line = parse("lua -i -E -- -").unwrap();
        assert_eq!((line.script, line.script_is_input), (Some(4), false));
        assert!(line.interactive && line.version && line.ignore_environment);
        let line = parse("lua - x").unwrap();
        assert_eq!((line.script, line.script_is_input), (Some(1), true));
    }

    #[test]
    fn bad_options() {
        assert_eq!(message("lua -x"), "unrecognized option '-x'");
        assert_eq!(message("lua -ix f"), "unrecognized option '-ix'");
        assert_eq!(message("lua --x"), "unrecognized option '--x'");
        assert_eq!(message("lua -e"), "'-e' needs argument");
        assert_eq!(message("lua -l -e x"), "'-l' needs argument");
    }
}
