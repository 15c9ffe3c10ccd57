using HostSwap.Orchestrator.Docker;

namespace HostSwap.UnitTests.Fakes;

/// <summary>Images of a fake engine.</summary>
/// <param name="engine">Forgets with it what is removed.</param>
internal sealed class FakeImageStore(FakeEngine engine) : IImageStore
{
    public List<StoredImage> Images { get; } = [];

    /// <summary>The file that every image is asked for, by digest.</summary>
    public Dictionary<string, string> Texts { get; } = new(StringComparer.Ordinal);

    /// <summary>How commands end that are run in an image, in order.</summary>
    public Queue<CommandOutcome> Outcomes { get; } = [];

    /// <summary>What was run.</summary>
    public List<string> Commands { get; } = [];

    /// <summary>Adds one, known by its digest and its names.</summary>
    public void Add(StoredImage image)
    {
        Images.Add(image);
        foreach (var name in image.Names.Append(image.Id))
            engine.Images[name] = new ImageDescription(image.Id, image.Labels);
    }

    public Task<IReadOnlyList<StoredImage>> ListImagesAsync(string label, string value, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredImage>>([.. Images.Where(image => image.Labels.GetValueOrDefault(label) == value)]);

    public Task<string?> ReadTextAsync(string id, string path, int limit, KeyValuePair<string, string> label, CancellationToken cancellationToken) =>
        Task.FromResult(Texts.GetValueOrDefault(id));

    public Task RemoveImageAsync(StoredImage image, CancellationToken cancellationToken)
    {
        Images.RemoveAll(other => other.Id == image.Id);
        engine.Images.Remove(image.Id);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<CommandOutcome>> RunAsync(
        string id, IReadOnlyList<IReadOnlyList<string>> commands, TimeSpan limit, KeyValuePair<string, string> label, CancellationToken cancellationToken)
    {
        var outcomes = new List<CommandOutcome>();
        foreach (var command in commands)
        {
            Commands.Add(string.Join(' ', command));
            outcomes.Add(Outcomes.Dequeue());
            if (outcomes[^1].ExitCode != 0)
                break;
        }

        return Task.FromResult<IReadOnlyList<CommandOutcome>>(outcomes);
    }

    public Task NameImageAsync(string id, string name, CancellationToken cancellationToken)
    {
        Rename(image => image.Id == id, image => image with { Names = [.. image.Names, name] });
        return Task.CompletedTask;
    }

    public Task UnnameImageAsync(string name, CancellationToken cancellationToken)
    {
        Rename(image => image.Names.Contains(name), image => image with { Names = [.. image.Names.Where(other => other != name)] });
        return Task.CompletedTask;
    }

    private void Rename(Predicate<StoredImage> which, Func<StoredImage, StoredImage> change)
    {
        var index = Images.FindIndex(which);
        if (index >= 0)
            Images[index] = change(Images[index]);
    }
}
