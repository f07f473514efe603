//! The statistics of the benchmarks.

/// Returns the median.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

/// Returns the exponent with which a cost grows with a size: the slope of a least-squares fit of their logarithms.
pub(super) fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < 2 || points.iter().any(|(size, cost)| *size <= 0.0 || *cost <= 0.0) {
        return None;
    }
    let logarithms: Vec<_> = points.iter().map(|(size, cost)| (size.ln(), cost.ln())).collect();
    let count = f64::from(u32::try_from(points.len()).ok()?);
    let mean_size = logarithms.iter().map(|(size, _)| size).sum::<f64>() / count;
    let mean_cost = logarithms.iter().map(|(_, cost)| cost).sum::<f64>() / count;
    let together: f64 = logarithms.iter().map(|(size, cost)| (size - mean_size) * (cost - mean_cost)).sum();
    let alone: f64 = logarithms.iter().map(|(size, _)| (size - mean_size).powi(2)).sum();
    (alone > 0.0).then_some(together / alone)
}

/// Formats a number with three significant digits.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 {
        return format!("{value:.0}");
    }
    let digits = [(10.0, 1), (1.0, 2), (0.1, 3), (0.01, 4)];
    let places = digits.into_iter().find_map(|(least, places)| (size >= least).then_some(places)).unwrap_or(5);
    format!("{value:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_and_even_counts() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn exponent_of_squares_is_two() {
        let squares: Vec<_> = [16.0, 64.0, 256.0].map(|size: f64| (size, 3.0 * size * size)).to_vec();
        assert!(exponent(&squares).is_some_and(|found| (found - 2.0).abs() < 1e-9));
        assert_eq!(exponent(&[(16.0, 1.0)]), None);
    }

    #[test]
    fn formats_three_significant_digits() {
        assert_eq!([132.4, 13.24, 1.324, 0.1324, 0.0013].map(short), ["132", "13.2", "1.32", "0.132", "0.00130"]);
    }
}
