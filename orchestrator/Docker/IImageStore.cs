namespace HostSwap.Orchestrator.Docker;

/// <summary>
/// The images of the Docker Engine, as far as host images are looked at and put away. Errors are those of
/// <see cref="IContainerEngine"/>.
/// </summary>
public interface IImageStore
{
    /// <summary>Lists images that carry a label with this value.</summary>
    Task<IReadOnlyList<StoredImage>> ListImagesAsync(string label, string value, CancellationToken cancellationToken);

    /// <summary>Reads a text file out of an image, of which nothing runs; null where it is not there or is longer than it may be.</summary>
    /// <param name="id">The image's digest.</param>
    /// <param name="path">The file's absolute path.</param>
    /// <param name="limit">The most bytes that it may have.</param>
    /// <param name="label">Label of the container that is made for it and removed again; one that was left by an earlier call is removed too.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<string?> ReadTextAsync(string id, string path, int limit, KeyValuePair<string, string> label, CancellationToken cancellationToken);

    /// <summary>
    /// Runs commands, one after the other, in a container of an image that is made for them on the outer host's own network, with
    /// what APT needs of capabilities, and removed again.
    /// </summary>
    /// <param name="id">The image's digest.</param>
    /// <param name="commands">The commands as argument lists; none is run after one that failed.</param>
    /// <param name="limit">How long they may take together; the container ends then, whatever has become of this process.</param>
    /// <param name="label">Label of the container; one that was left by an earlier call is removed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How those ended that were run.</returns>
    Task<IReadOnlyList<CommandOutcome>> RunAsync(
        string id, IReadOnlyList<IReadOnlyList<string>> commands, TimeSpan limit, KeyValuePair<string, string> label, CancellationToken cancellationToken);

    /// <summary>Gives an image one more name, which another loses that has it.</summary>
    Task NameImageAsync(string id, string name, CancellationToken cancellationToken);

    /// <summary>Takes a name from an image, which goes with its last one; no error where nothing has it.</summary>
    Task UnnameImageAsync(string name, CancellationToken cancellationToken);

    /// <summary>Removes an image with all its names, and its layers that no other image has.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task RemoveImageAsync(StoredImage image, CancellationToken cancellationToken);
}

/// <summary>An image on this machine.</summary>
/// <param name="Id">Its digest.</param>
/// <param name="Names">References by which it is known, as in <c>hostswap/host:trixie</c>; empty where another has taken its name.</param>
/// <param name="CreatedAt">When it was built.</param>
/// <param name="Bytes">What it takes, layers that it shares with others included.</param>
/// <param name="Labels">Its labels.</param>
public sealed record StoredImage(string Id, IReadOnlyList<string> Names, DateTimeOffset CreatedAt, long Bytes, IReadOnlyDictionary<string, string> Labels);
