//! Registries of sources and of frame sinks: for each a name, options and a factory. Built-in ones and plugins are
//! registered alike, and the command line, its help and its lists are made of them.

#[cfg(not(loom))]
use crate::frame_sink::SinkOpener;
use crate::geometry::Size;
use crate::options::{CowStr, OptionError, OptionSpec, OptionValues};
use crate::source::{Error, Listener, Opener};

/// Sources that a program offers, or frame sinks, in the order in which they are listed.
pub struct Registry<F: ?Sized = dyn SourceFactory> {
    factories: Vec<Box<F>>,
}

/// Frame sinks that a program offers.
#[cfg(not(loom))]
pub type SinkRegistry = Registry<dyn FrameSinkFactory>;

/// Something that a registry holds.
pub trait Registered {
    /// What it is in errors: `source`.
    const KIND: &'static str;

    /// Returns its description.
    fn describe(&self) -> Descriptor;
}

/// Description of a kind of source or of frame sink.
#[derive(Clone, Debug)]
pub struct Descriptor {
    /// Name: of a source, which is its command, or of a sink, which selects it.
    pub name: CowStr,
    /// One sentence on what it does.
    pub about: CowStr,
    /// Examples and notes that follow its help; may be empty.
    pub examples: CowStr,
    /// Its options.
    pub options: Vec<OptionSpec>,
}

/// Maker of sources of one kind.
pub trait SourceFactory: Send + Sync {
    /// Returns its description, which is always the same.
    fn descriptor(&self) -> Descriptor;

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

impl Registered for dyn SourceFactory {
    const KIND: &'static str = "source";

    fn describe(&self) -> Descriptor {
        self.descriptor()
    }
}

/// Maker of frame sinks of one kind.
#[cfg(not(loom))]
pub trait FrameSinkFactory: Send + Sync {
    /// Returns its description, which is always the same.
    fn descriptor(&self) -> Descriptor;

    /// Makes an opener of these options, which are [complete](OptionValues::complete). Nothing is opened yet. The
    /// opener's sinks report to `listener`.
    ///
    /// # Errors
    /// If an option has a value that its description could not rule out.
    fn configure(&self, values: &OptionValues, listener: Listener) -> Result<SinkOpener, OptionError>;

    /// Makes sinks that are running on other threads return soon, finished or not, since the user gives them up.
    fn interrupt(&self) {}
}

#[cfg(not(loom))]
impl Registered for dyn FrameSinkFactory {
    const KIND: &'static str = "sink";

    fn describe(&self) -> Descriptor {
        self.descriptor()
    }
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
    /// Another one has this name.
    #[error("there are two {kind}s named {name}")]
    Duplicate {
        /// What it is: `source`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// None has this name.
    #[error("there is no {kind} named {name}: there are {known}")]
    Unknown {
        /// What it is: `source`.
        kind: &'static str,
        /// The name.
        name: String,
        /// All names.
        known: String,
    },
    /// An option is wrong.
    #[error(transparent)]
    Option(#[from] OptionError),
}

impl<F: Registered + ?Sized> Registry<F> {
    /// Adds a factory.
    ///
    /// # Errors
    /// [`RegistryError::Duplicate`] if its name is taken.
    pub fn register(&mut self, factory: Box<F>) -> Result<(), RegistryError> {
        let name = factory.describe().name;
        if self.get(&name).is_some() {
            return Err(RegistryError::Duplicate { kind: F::KIND, name: name.into_owned() });
        }
        self.factories.push(factory);
        Ok(())
    }

    /// Returns the factory of this name.
    pub fn get(&self, name: &str) -> Option<&F> {
        self.iter().find(|factory| factory.describe().name == name)
    }

    /// Returns all factories.
    pub fn iter(&self) -> impl Iterator<Item = &F> {
        self.factories.iter().map(AsRef::as_ref)
    }

    /// Returns the factory of this name, and the options that it is configured with.
    fn completed(&self, name: &str, values: OptionValues) -> Result<(&F, OptionValues), RegistryError> {
        let factory = self.get(name).ok_or_else(|| self.unknown(name))?;
        let values = values.complete(&factory.describe().options)?;
        Ok((factory, values))
    }

    fn unknown(&self, name: &str) -> RegistryError {
        let known: Vec<_> = self.iter().map(|factory| factory.describe().name).collect();
        RegistryError::Unknown { kind: F::KIND, name: name.to_owned(), known: known.join(", ") }
    }
}

impl Registry {
    /// Adds a kind of source, and returns the registry.
    ///
    /// # Errors
    /// As for [`register`](Self::register).
    pub fn with(mut self, factory: impl SourceFactory + 'static) -> Result<Self, RegistryError> {
        self.register(Box::new(factory))?;
        Ok(self)
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
        let (factory, values) = self.completed(name, values)?;
        Ok(factory.configure(&values, listener)?)
    }
}

#[cfg(not(loom))]
impl SinkRegistry {
    /// Makes an opener for the frame sink of this name, after checking its options.
    ///
    /// # Errors
    /// If there is no such sink, or an option is wrong.
    pub fn configure(
        &self,
        name: &str,
        values: OptionValues,
        listener: Listener,
    ) -> Result<SinkOpener, RegistryError> {
        let (factory, values) = self.completed(name, values)?;
        Ok(factory.configure(&values, listener)?)
    }
}

impl<F: ?Sized> Default for Registry<F> {
    fn default() -> Self {
        Self { factories: Vec::new() }
    }
}

impl<F: Registered + ?Sized> std::fmt::Debug for Registry<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|factory| factory.describe().name)).finish()
    }
}
