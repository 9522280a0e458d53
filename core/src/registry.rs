//! Registry of sources: for each a name, options and a factory. Built-in sources and plugins are registered alike, and
//! the command line, its help and the list of sources are made of it.

use crate::geometry::Size;
use crate::options::{CowStr, OptionError, OptionSpec, OptionValues};
use crate::source::{Error, Listener, Opener};

/// Sources that a program offers, in the order in which they are listed.
#[derive(Default)]
pub struct Registry {
    factories: Vec<Box<dyn SourceFactory>>,
}

/// Description of a kind of source.
#[derive(Clone, Debug)]
pub struct SourceDescriptor {
    /// Name, which is its command.
    pub name: CowStr,
    /// One sentence on what it shows.
    pub about: CowStr,
    /// Examples and notes that follow its help; may be empty.
    pub examples: CowStr,
    /// Its options.
    pub options: Vec<OptionSpec>,
}

/// Maker of sources of one kind.
pub trait SourceFactory: Send + Sync {
    /// Returns its description, which is always the same.
    fn descriptor(&self) -> SourceDescriptor;

    /// Makes an opener of these options, which are [complete](OptionValues::complete). Nothing is opened yet. The
    /// opener's sources report to `listener`.
    ///
    /// # Errors
    /// If an option has a value that its description could not rule out.
    fn configure(&self, values: &OptionValues, listener: Listener) -> Result<Configured, OptionError>;

    /// Lists what there is to show now.
    ///
    /// # Errors
    /// If it cannot be listed, such as without a display.
    fn list(&self) -> Result<Vec<ListedSource>, Error> {
        Ok(Vec::new())
    }

    /// Makes openers that are running on other threads return soon, since the program ends.
    fn interrupt_openers(&self) {}
}

/// A source with its options.
pub struct Configured {
    /// Opens it.
    pub open: Opener,
    /// Maximum number of captures a second; `None` for as many as there are.
    pub fps_max: Option<u32>,
}

impl Configured {
    /// Returns a source without a limit to its rate.
    pub fn new(open: Opener) -> Self {
        Self { open, fps_max: None }
    }
}

/// Something that can be shown now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSource {
    /// What it is: `monitor`, `window`, `pattern`.
    pub kind: CowStr,
    /// Its name. Titles of windows are other programs' words: in one line, but not to be trusted.
    pub name: String,
    /// Words of the command line that select it.
    pub select: String,
    /// Width and height in pixels, where it has them.
    pub size: Option<Size>,
    /// Column and row of its upper left corner on the screen, where it has one.
    pub position: Option<(i32, i32)>,
    /// Reason why it cannot be captured; `None` if it can.
    pub refusal: Option<String>,
}

/// A registration or a name that the registry refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Another source has this name.
    #[error("there are two sources named {0}")]
    Duplicate(String),
    /// No source has this name.
    #[error("there is no source named {name}: there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// All names.
        known: String,
    },
    /// An option is wrong.
    #[error(transparent)]
    Option(#[from] OptionError),
}

impl Registry {
    /// Adds a kind of source.
    ///
    /// # Errors
    /// [`RegistryError::Duplicate`] if its name is taken.
    pub fn register(&mut self, factory: Box<dyn SourceFactory>) -> Result<(), RegistryError> {
        let name = factory.descriptor().name;
        if self.get(&name).is_some() {
            return Err(RegistryError::Duplicate(name.into_owned()));
        }
        self.factories.push(factory);
        Ok(())
    }

    /// Adds a kind of source, and returns the registry.
    ///
    /// # Errors
    /// As for [`register`](Self::register).
    pub fn with(mut self, factory: impl SourceFactory + 'static) -> Result<Self, RegistryError> {
        self.register(Box::new(factory))?;
        Ok(self)
    }

    /// Returns the factory of this name.
    pub fn get(&self, name: &str) -> Option<&dyn SourceFactory> {
        self.iter().find(|factory| factory.descriptor().name == name)
    }

    /// Returns all factories.
    pub fn iter(&self) -> impl Iterator<Item = &dyn SourceFactory> {
        self.factories.iter().map(AsRef::as_ref)
    }

    /// Makes an opener for the source of this name, after checking its options.
    ///
    /// # Errors
    /// If there is no such source, or an option is wrong.
    pub fn configure(
        &self,
        name: &str,
        values: OptionValues,
        listener: Listener,
    ) -> Result<Configured, RegistryError> {
        let factory = self.get(name).ok_or_else(|| self.unknown(name))?;
        let values = values.complete(&factory.descriptor().options)?;
        Ok(factory.configure(&values, listener)?)
    }

    fn unknown(&self, name: &str) -> RegistryError {
        let known: Vec<_> = self.iter().map(|factory| factory.descriptor().name).collect();
        RegistryError::Unknown { name: name.to_owned(), known: known.join(", ") }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|factory| factory.descriptor().name)).finish()
    }
}
