//! How long it took until the picture was there again, fault by fault.

use anyhow::ensure;

use super::faults::Fault;
use crate::bench::sample::median;

/// What became of each fault.
pub(crate) struct Recoveries {
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    seconds: Vec<f64>,
    failures: Vec<String>,
}

impl Recoveries {
    pub(crate) fn of(faults: &[&Fault]) -> Self {
        let row = |fault: &&Fault| Row { name: fault.name, seconds: Vec::new(), failures: Vec::new() };
        Self { rows: faults.iter().map(row).collect() }
    }

    pub(crate) fn add(&mut self, fault: &Fault, recovery: Result<f64, String>) {
        let Some(row) = self.rows.iter_mut().find(|row| row.name == fault.name) else { return };
        match recovery {
            Ok(seconds) => row.seconds.push(seconds),
            Err(reason) => row.failures.push(reason),
        }
    }

    /// Prints a table.
    ///
    /// # Errors
    /// If the picture did not come back after one of them.
    pub(crate) fn report(&self) -> anyhow::Result<()> {
        println!("{:<52} {:>6} {:>10} {:>8} {:>8}", "fault", "count", "recovered", "p50 s", "worst s");
        for Row { name, seconds, failures } in &self.rows {
            let (count, recovered) = (seconds.len() + failures.len(), seconds.len());
            let p50 = median(seconds.iter().copied()).unwrap_or_default();
            let worst = seconds.iter().copied().fold(0.0, f64::max);
            println!("{name:<52} {count:>6} {recovered:>10} {p50:>8.1} {worst:>8.1}");
        }
        let failures: Vec<_> = self.rows.iter().flat_map(|row| &row.failures).map(String::as_str).collect();
        ensure!(failures.is_empty(), "the picture did not come back: {}", failures.join("; "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::faults::FAULTS;

    #[test]
    fn one_that_does_not_come_back_fails_the_run() {
        let faults = [&FAULTS[0], &FAULTS[1]];
        let mut recoveries = Recoveries::of(&faults);
        recoveries.add(faults[0], Ok(0.5));
        recoveries.report().unwrap();
        recoveries.add(faults[1], Err("no picture".into()));
        assert!(recoveries.report().unwrap_err().to_string().contains("no picture"));
    }
}
