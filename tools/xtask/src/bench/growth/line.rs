//! A straight line through measured points, and how far they are from it.

/// A constant and a slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) constant: f64,
    pub(super) slope: f64,
    /// Largest distance of a point from the line, as a share of the point.
    pub(super) deviation: f64,
}

impl Line {
    /// Returns the line with the least squares of distances, each as a share of its point: small points count as much
    /// as large ones. `None` where fewer than two points differ, or one is not above zero.
    pub(super) fn through(points: &[(f64, f64)]) -> Option<Self> {
        if points.iter().any(|(_, y)| *y <= 0.0) {
            return None;
        }
        let sum =
            |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|(x, y)| of(*x, *y) / (y * y)).sum::<f64>();
        let (ones, xs, ys) = (sum(&|_, _| 1.0), sum(&|x, _| x), sum(&|_, y| y));
        let (squares, products) = (sum(&|x, _| x * x), sum(&|x, y| x * y));
        let determinant = ones * squares - xs * xs;
        if determinant.abs() <= f64::EPSILON * ones * squares {
            return None;
        }
        let slope = (ones * products - xs * ys) / determinant;
        let constant = (ys - slope * xs) / ones;
        let distance = |(x, y): &(f64, f64)| ((constant + slope * x - y) / y).abs();
        Some(Self { constant, slope, deviation: points.iter().map(distance).fold(0.0, f64::max) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn a_line_is_found_again() {
        let line = Line::through(&[0.1, 1.0, 10.0].map(|x| (x, 0.3 + 2.0 * x))).unwrap();
        assert!(
            is_near(line.constant, 0.3) && is_near(line.slope, 2.0) && is_near(line.deviation, 0.0),
            "{line:?}"
        );
    }

    #[test]
    fn a_bend_shows_as_the_distance_of_a_point() {
        let line = Line::through(&[(1.0, 1.0), (2.0, 2.0), (3.0, 6.0)]).unwrap();
        assert!(line.deviation > 0.2, "{line:?}");
    }

    #[test]
    fn there_is_no_line_through_one_place() {
        assert_eq!(Line::through(&[(1.0, 2.0)]), None);
        assert_eq!(Line::through(&[(1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(Line::through(&[(1.0, 0.0), (2.0, 3.0)]), None);
    }
}
