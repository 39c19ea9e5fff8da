//! Tables for people.

use console::{Alignment, Term, measure_text_width, pad_str, truncate_str};

use super::output::plain;

/// A table: a head, rows, and which columns may be cut where a terminal is too narrow.
pub(crate) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    numbers_from: usize,
}

/// The least that is left of a column that is cut.
const LEAST: usize = 12;
const GAP: usize = 2;

impl Table {
    /// With these columns; those from `numbers_from` on hold numbers and stand to the right.
    pub(crate) fn new(head: &[&'static str], numbers_from: usize) -> Self {
        Self { head: head.to_vec(), rows: Vec::new(), numbers_from }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| plain(&cell).into_owned()).collect());
    }

    /// The text, cut to the terminal's width where standard output is one.
    pub(crate) fn text(&self) -> String {
        let terminal = Term::stdout();
        self.text_within(terminal.is_term().then(|| usize::from(terminal.size().1)))
    }

    /// The text, as wide as it is.
    pub(crate) fn text_uncut(&self) -> String {
        self.text_within(None)
    }

    fn text_within(&self, width: Option<usize>) -> String {
        let widths = self.widths(width);
        let head: Vec<String> = self.head.iter().map(|name| (*name).to_owned()).collect();
        std::iter::once(&head).chain(&self.rows).map(|row| self.line(row, &widths)).collect()
    }

    fn widths(&self, most: Option<usize>) -> Vec<usize> {
        let widest = |column: usize| {
            let cells =
                self.rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell));
            cells.max().unwrap_or(0).max(measure_text_width(self.head[column]))
        };
        let mut widths: Vec<usize> = (0..self.head.len()).map(widest).collect();
        let gaps = GAP * (widths.len() - 1);
        while most.is_some_and(|most| widths.iter().sum::<usize>() + gaps > most) {
            let Some(widest) = widths.iter_mut().filter(|width| **width > LEAST).max() else { break };
            *widest -= 1;
        }
        widths
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            let number = column >= self.numbers_from;
            let side = if number { Alignment::Right } else { Alignment::Left };
            pad_str(&truncate_str(cell, *width, "…"), *width, side, None).into_owned()
        });
        let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
        format!("{}\n", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_cut_to_the_width() {
        let mut table = Table::new(&["name", "count"], 1);
        table.row(["a rather long name indeed".to_owned(), "7".to_owned()]);
        table.row(["b".to_owned(), "1000".to_owned()]);
        assert_eq!(
            table.text_within(None),
            "name                       count\na rather long name indeed      7\nb                           1000\n"
        );
        assert_eq!(
            table.text_within(Some(20)),
            "name           count\na rather lon…      7\nb               1000\n"
        );
    }
}
