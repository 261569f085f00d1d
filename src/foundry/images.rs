//! Image tags: what an environment pulls of a version.

use super::environments::Environment;

/// Longest tag that registries take.
const LONGEST_TAG: usize = 128;

/// Why a version gives no image tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Production needs a version.
    #[error("production images are tagged by version, and no version is given")]
    Missing,
    /// Not `MAJOR.MINOR.PATCH` with an optional pre-release.
    #[error("the version is no semantic version such as 1.2.3")]
    NotSemantic,
    /// `+build` cannot stand in an image tag.
    #[error("a semantic version with build metadata (+…) cannot be an image tag")]
    BuildMetadata,
    /// Longer than a registry takes.
    #[error("the image tag would be longer than 128 characters")]
    TooLong,
}

/// The tag of every image in an environment: `nightly` in development, `staging` in staging, in
/// production `v` and the version. The version may be written with or without the `v`; development
/// and staging follow their moving tag whatever the version is.
///
/// # Errors
/// In production, when the version is no semantic version that an image tag can hold.
pub fn image_tag(environment: Environment, version: Option<&str>) -> Result<String, VersionError> {
    let pattern = environment.settings().image_tag;
    let Some((before, after)) = pattern.split_once("{semver}") else {
        return Ok(pattern.to_owned());
    };
    let version = version.filter(|version| !version.is_empty()).ok_or(VersionError::Missing)?;
    let version = version.strip_prefix('v').unwrap_or(version);
    if let Some((release, _)) = version.split_once('+') {
        return Err(if is_semantic(release) {
            VersionError::BuildMetadata
        } else {
            VersionError::NotSemantic
        });
    }
    if !is_semantic(version) {
        return Err(VersionError::NotSemantic);
    }
    let tag = format!("{before}{version}{after}");
    if tag.len() > LONGEST_TAG { Err(VersionError::TooLong) } else { Ok(tag) }
}

/// Whether the text is a semantic version (2.0.0) without build metadata.
fn is_semantic(version: &str) -> bool {
    let (core, pre_release) = match version.split_once('-') {
        Some((core, pre_release)) => (core, Some(pre_release)),
        None => (version, None),
    };
    let number = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'))
    };
    let identifier = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && (!text.bytes().all(|byte| byte.is_ascii_digit()) || number(text))
    };
    let numbers: Vec<&str> = core.split('.').collect();
    numbers.len() == 3
        && numbers.into_iter().all(number)
        && pre_release.is_none_or(|text| text.split('.').all(identifier))
}

#[cfg(test)]
mod tests {
    use super::super::environments::Environment;
    use super::super::seed;
    use super::{VersionError, image_tag};

    #[test]
    fn tags_are_the_architectures() {
        for row in seed::rows("Image Tagging Strategy") {
            let environment = Environment::parse(&row[0].to_lowercase()).expect("an environment");
            let (major, minor, patch) = ("1", "2", "3");
            let expected =
                row[1].replace("{major}", major).replace("{minor}", minor).replace("{patch}", patch);
            let tag = image_tag(environment, Some("1.2.3")).expect("a tag");
            assert_eq!(tag, expected);
            assert_eq!(format!("budstudio/budapp:{tag}"), row[2]);
        }
    }

    #[test]
    fn moving_tags_need_no_version() {
        for version in [None, Some(""), Some("main"), Some("1.2.3")] {
            assert_eq!(image_tag(Environment::Development, version).as_deref(), Ok("nightly"));
            assert_eq!(image_tag(Environment::Staging, version).as_deref(), Ok("staging"));
        }
    }

    #[test]
    fn production_takes_semantic_versions_only() {
        for (version, tag) in [
            ("0.0.0", "v0.0.0"),
            ("v1.2.3", "v1.2.3"),
            ("10.20.30-rc.1", "v10.20.30-rc.1"),
            ("1.0.0-0a-b.x--y", "v1.0.0-0a-b.x--y"),
        ] {
            assert_eq!(image_tag(Environment::Production, Some(version)).as_deref(), Ok(tag));
        }
        for version in [
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.03",
            "1.2.x",
            "vv1.2.3",
            "V1.2.3",
            "1.2.3-",
            "1.2.3-a..b",
            "1.2.3-01",
            " 1.2.3",
            "1.2.3 ",
            "-1.2.3",
            "1.2.+3",
            "latest",
            "1.2.3-ä",
            "١.٢.٣",
        ] {
            let tag = image_tag(Environment::Production, Some(version));
            assert_eq!(tag, Err(VersionError::NotSemantic), "{version:?}");
        }
        assert_eq!(image_tag(Environment::Production, None), Err(VersionError::Missing));
        assert_eq!(image_tag(Environment::Production, Some("")), Err(VersionError::Missing));
        let built = image_tag(Environment::Production, Some("1.2.3+b7"));
        assert_eq!(built, Err(VersionError::BuildMetadata));
    }

    #[test]
    fn a_tag_is_never_longer_than_registries_take() {
        let fits = format!("1.2.3-{}", "a".repeat(121));
        assert_eq!(image_tag(Environment::Production, Some(&fits)).map(|tag| tag.len()), Ok(128));
        let tag = image_tag(Environment::Production, Some(&format!("{fits}a")));
        assert_eq!(tag, Err(VersionError::TooLong));
    }
}
