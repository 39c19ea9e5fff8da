//! RFC 5424 and the two framings, read as strictly as they are written there.

/// A message taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) facility: u8,
    pub(crate) severity: u8,
    pub(crate) timestamp: String,
    pub(crate) hostname: String,
    pub(crate) app_name: String,
    pub(crate) process_id: String,
    pub(crate) message_id: String,
    pub(crate) text: String,
}

impl Message {
    /// Reads one that begins and ends here.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).expect("messages are UTF-8");
        let (priority, rest) = text.strip_prefix('<').unwrap().split_once('>').unwrap();
        assert!(priority == "0" || !priority.starts_with('0'), "no leading zeros: {priority}");
        let priority: u8 = priority.parse().unwrap();
        assert!(priority <= 191);
        let rest = rest.strip_prefix("1 ").expect("version 1");
        let mut fields = rest.splitn(7, ' ');
        let mut field = |most: usize| {
            let field = fields.next().unwrap().to_owned();
            assert!((1..=most).contains(&field.len()), "{field}");
            assert!(field.bytes().all(|byte| (33..=126).contains(&byte)), "{field}");
            field
        };
        let (timestamp, hostname, app_name) = (field(32), field(255), field(48));
        let (process_id, message_id, data) = (field(128), field(32), field(1));
        assert_eq!(data, "-", "no structured data");
        check_time(&timestamp);
        Self {
            facility: priority / 8,
            severity: priority % 8,
            timestamp,
            hostname,
            app_name,
            process_id,
            message_id,
            text: fields.next().unwrap().to_owned(),
        }
    }
}

/// `YYYY-MM-DDThh:mm:ss`, at most six digits of a fraction, and `Z`.
fn check_time(text: &str) {
    let (seconds, rest) = text.split_at(19);
    let shape = "dddd-dd-ddTdd:dd:dd";
    let fits = |(c, s): (char, char)| if s == 'd' { c.is_ascii_digit() } else { c == s };
    assert!(seconds.chars().zip(shape.chars()).all(fits), "{text}");
    let fraction = rest.strip_suffix('Z').expect("UTC");
    let digits = fraction.strip_prefix('.').unwrap_or("0");
    assert!((1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
}

/// How a stream is cut into messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frames {
    Counted,
    Lines,
}

impl Frames {
    /// Takes the first whole message out of the stream, if it has come.
    pub(crate) fn take(self, stream: &mut Vec<u8>) -> Option<Message> {
        let message = match self {
            Self::Lines => {
                let end = stream.iter().position(|byte| *byte == b'\n')?;
                let message = Message::parse(&stream[..end]);
                stream.drain(..=end);
                message
            }
            Self::Counted => {
                let blank = stream.iter().position(|byte| *byte == b' ')?;
                let count = std::str::from_utf8(&stream[..blank]).unwrap();
                assert!(
                    count.bytes().all(|byte| byte.is_ascii_digit()) && !count.starts_with('0'),
                    "{count}"
                );
                let (from, to) = (blank + 1, blank + 1 + count.parse::<usize>().unwrap());
                let message = Message::parse(stream.get(from..to)?);
                stream.drain(..to);
                message
            }
        };
        Some(message)
    }
}
