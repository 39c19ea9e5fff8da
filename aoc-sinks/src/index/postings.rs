//! Lists of event numbers.
//!
//! A single number stands in the reference itself. Otherwise the reference says where the list starts: its
//! length as a varint, then a bitmap when the list is longer than an eighth of the segment, else differences
//! as varints.

use super::bitmap::Bitmap;

const INLINE: u32 = 1 << 31;

/// Appends a list of ascending numbers and returns the reference to it.
pub(crate) fn write(numbers: &[u16], events: usize, out: &mut Vec<u8>) -> u32 {
    if let [single] = numbers {
        return INLINE | u32::from(*single);
    }
    // A segment's postings stay far below 2 GiB: 65,536 events of even 10,000 words each are 1.2 GiB.
    let start = u32::try_from(out.len()).unwrap_or(u32::MAX) & !INLINE;
    varint(numbers.len() as u32, out);
    if is_dense(numbers.len(), events) {
        let mut set = Bitmap::none(events);
        numbers.iter().for_each(|number| set.insert(usize::from(*number)));
        out.extend(set.bytes());
        return start;
    }
    let mut before = 0;
    for number in numbers {
        varint(u32::from(*number) - before, out);
        before = u32::from(*number);
    }
    start
}

fn is_dense(length: usize, events: usize) -> bool {
    length * 8 > events
}

fn varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_varint(bytes: &[u8], at: &mut usize) -> u32 {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = bytes.get(*at).copied().unwrap_or_default();
        *at += 1;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// Adds the numbers of a list to a set.
pub(crate) fn add_to(set: &mut Bitmap, reference: u32, postings: &[u8], events: usize) {
    if reference & INLINE != 0 {
        return set.insert((reference & 0xffff) as usize);
    }
    let mut at = reference as usize;
    let length = read_varint(postings, &mut at) as usize;
    if is_dense(length, events) {
        let end = (at + events.div_ceil(64) * 8).min(postings.len());
        return set.insert_bytes(postings.get(at..end).unwrap_or_default());
    }
    let mut number = 0;
    for _ in 0..length.min(events) {
        number += read_varint(postings, &mut at) as usize;
        set.insert(number);
    }
}

/// Appends the numbers of a list, each changed by `map`.
pub(crate) fn collect(
    reference: u32,
    postings: &[u8],
    events: usize,
    out: &mut Vec<u16>,
    map: impl Fn(usize) -> u16,
) {
    if reference & INLINE != 0 {
        return out.push(map((reference & 0xffff) as usize));
    }
    let mut at = reference as usize;
    let length = read_varint(postings, &mut at) as usize;
    if is_dense(length, events) {
        let mut set = Bitmap::none(events);
        add_to(&mut set, reference, postings, events);
        return out.extend(set.iter().map(map));
    }
    let mut number = 0;
    for _ in 0..length.min(events) {
        number += read_varint(postings, &mut at) as usize;
        out.push(map(number.min(events - 1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_go_there_and_back() {
        let events = 1_000;
        for list in [
            vec![5],
            vec![0, 999],
            (0..1_000).collect(),
            (0..1_000).step_by(7).collect(),
            (0..125).collect::<Vec<u16>>(),
        ] {
            let mut out = vec![0xff; 3];
            let reference = write(&list, events, &mut out);
            let mut set = Bitmap::none(events);
            add_to(&mut set, reference, &out, events);
            assert_eq!(
                set.iter().collect::<Vec<_>>(),
                list.iter().map(|n| usize::from(*n)).collect::<Vec<_>>()
            );
            let mut read = Vec::new();
            collect(reference, &out, events, &mut read, |n| n as u16);
            assert_eq!(read, list);
        }
    }
}
