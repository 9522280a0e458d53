//! Check of the dependencies against `deny.toml`: licences, duplicate versions and sources. It needs no network and no
//! cargo-deny, which reads the same file.

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, HashSet};

    use serde::Deserialize;

    use crate::repository;

    #[derive(Deserialize)]
    struct Rules {
        graph: Graph,
        licenses: Licenses,
        bans: Bans,
    }

    #[derive(Deserialize)]
    struct Graph {
        targets: Vec<String>,
    }

    #[derive(Deserialize)]
    struct Licenses {
        allow: Vec<String>,
        exceptions: Vec<Exception>,
    }

    #[derive(Deserialize)]
    struct Exception {
        #[serde(rename = "crate")]
        package: String,
        allow: Vec<String>,
    }

    #[derive(Deserialize)]
    struct Bans {
        skip: Vec<Skip>,
    }

    #[derive(Deserialize)]
    struct Skip {
        #[serde(rename = "crate")]
        package: String,
        reason: String,
    }

    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
        resolve: Resolve,
    }

    #[derive(Deserialize)]
    struct Package {
        id: String,
        name: String,
        version: String,
        license: Option<String>,
        source: Option<String>,
    }

    #[derive(Deserialize)]
    struct Resolve {
        nodes: Vec<Node>,
    }

    #[derive(Deserialize)]
    struct Node {
        id: String,
    }

    fn rules() -> Rules {
        basic_toml::from_str(&std::fs::read_to_string(repository::root().join("deny.toml")).unwrap()).unwrap()
    }

    /// The packages that are built for the platforms of the rules. They have been fetched to build this test.
    fn packages(rules: &Rules) -> Vec<Package> {
        packages_with(rules, &["--offline"])
    }

    fn packages_with(rules: &Rules, arguments: &[&str]) -> Vec<Package> {
        let mut command = repository::cargo();
        command.args(["metadata", "--format-version", "1", "--locked"]).args(arguments);
        rules.graph.targets.iter().for_each(|target| {
            command.args(["--filter-platform", target]);
        });
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Metadata = serde_json::from_slice(&output.stdout).unwrap();
        let used: HashSet<String> = metadata.resolve.nodes.into_iter().map(|node| node.id).collect();
        metadata.packages.into_iter().filter(|package| used.contains(&package.id)).collect()
    }

    /// Whether an SPDX expression is satisfied by allowed licences; a slash is an old way to write OR.
    fn is_allowed(expression: &str, allowed: &[String]) -> bool {
        let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let mut words = spaced.split_ascii_whitespace().peekable();
        any(&mut words, allowed)
    }

    type Words<'a> = std::iter::Peekable<std::str::SplitAsciiWhitespace<'a>>;

    fn any(words: &mut Words<'_>, allowed: &[String]) -> bool {
        let mut is_satisfied = all(words, allowed);
        while words.next_if_eq(&"OR").is_some() {
            is_satisfied |= all(words, allowed);
        }
        is_satisfied
    }

    fn all(words: &mut Words<'_>, allowed: &[String]) -> bool {
        let mut is_satisfied = licence(words, allowed);
        while words.next_if_eq(&"AND").is_some() {
            is_satisfied &= licence(words, allowed);
        }
        is_satisfied
    }

    fn licence(words: &mut Words<'_>, allowed: &[String]) -> bool {
        if words.next_if_eq(&"(").is_some() {
            let is_satisfied = any(words, allowed);
            return words.next() == Some(")") && is_satisfied;
        }
        let Some(mut name) = words.next().map(str::to_owned) else { return false };
        if words.next_if_eq(&"WITH").is_some() {
            name = format!("{name} WITH {}", words.next().unwrap_or_default());
        }
        allowed.contains(&name)
    }

    /// The packages whose licence is not among those that all may have.
    fn refused<'a>(rules: &Rules, packages: &'a [Package]) -> Vec<&'a Package> {
        let is_refused = |package: &&Package| {
            !is_allowed(package.license.as_deref().unwrap_or_default(), &rules.licenses.allow)
        };
        packages.iter().filter(is_refused).collect()
    }

    fn told(package: &Package) -> String {
        format!("{} {}: {:?}", package.name, package.version, package.license)
    }

    #[test]
    fn every_licence_is_allowed_and_every_allowed_one_is_used() {
        let rules = rules();
        let packages = packages(&rules);
        let refused: Vec<_> = refused(&rules, &packages).into_iter().map(told).collect();
        assert!(refused.is_empty(), "licences that deny.toml does not allow:\n{}", refused.join("\n"));
        let all: Vec<_> =
            packages.iter().map(|package| package.license.clone().unwrap_or_default()).collect();
        let is_used = |allowed: &String| all.iter().any(|expression| expression.contains(allowed.as_str()));
        let unused: Vec<_> = rules.licenses.allow.iter().filter(|allowed| !is_used(allowed)).collect();
        assert!(unused.is_empty(), "deny.toml allows what no package has: {unused:?}");
    }

    #[test]
    #[ignore = "fetches what only windows depend on"]
    fn windows_bring_the_licences_that_are_excepted_and_no_others() {
        let rules = rules();
        let packages = packages_with(&rules, &["--features", "lanstream/webview"]);
        let refused = refused(&rules, &packages);
        for package in &refused {
            let mut exceptions = rules.licenses.exceptions.iter();
            let exception = exceptions.find(|exception| exception.package == package.name);
            let licence = package.license.as_deref().unwrap_or_default();
            let is_excepted =
                exception.is_some_and(|exception| exception.allow.iter().any(|allowed| allowed == licence));
            assert!(is_excepted, "deny.toml does not allow {}", told(package));
        }
        assert_eq!(refused.len(), rules.licenses.exceptions.len(), "every exception is needed");
    }

    #[test]
    fn every_duplicate_is_argued_for_and_every_argument_is_needed() {
        let rules = rules();
        let mut versions = BTreeMap::<String, BTreeSet<String>>::new();
        for package in packages(&rules) {
            versions.entry(package.name).or_default().insert(package.version);
        }
        let skips = |name: &str, version: &str| {
            rules.bans.skip.iter().any(|skip| {
                skip.package.split_once('@').is_some_and(|(skipped, prefix)| {
                    let rest = version.strip_prefix(prefix);
                    skipped == name && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                })
            })
        };
        let unargued: Vec<_> = versions
            .iter()
            .filter(|(name, versions)| versions.iter().filter(|version| !skips(name, version)).count() > 1)
            .collect();
        assert!(unargued.is_empty(), "several versions of one package: {unargued:?}");
        for skip in &rules.bans.skip {
            assert!(!skip.reason.is_empty(), "{}: why?", skip.package);
            let name = skip.package.split('@').next().unwrap_or_default();
            let is_needed = versions.get(name).is_some_and(|versions| {
                versions.len() > 1 && versions.iter().any(|version| skips(name, version))
            });
            assert!(is_needed, "{} is no duplicate any more: take it out of deny.toml", skip.package);
        }
    }

    #[test]
    fn every_package_comes_from_the_registry_or_from_here() {
        let is_foreign = |package: &Package| {
            package.source.as_ref().is_some_and(|source| !source.starts_with("registry+"))
        };
        let foreign: Vec<_> =
            packages(&rules()).into_iter().filter(is_foreign).map(|package| package.id).collect();
        assert!(foreign.is_empty(), "{foreign:?}");
    }

    #[test]
    fn expressions() {
        let allowed = ["MIT", "ISC"].map(str::to_owned);
        for good in ["MIT", "GPL-3.0 OR MIT", "GPL-3.0/MIT", "MIT AND ISC", "ISC AND (GPL-3.0 OR (MIT))"] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "MIT WITH x", "(MIT"] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }
}
