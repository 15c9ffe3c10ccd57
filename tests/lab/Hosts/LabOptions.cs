namespace HostSwap.Lab.Hosts;

/// <summary>What a lab's outer host is configured with.</summary>
public sealed record LabOptions
{
    /// <summary>What it is for, in words; whoever finds its remains reads it.</summary>
    public string Purpose { get; init; } = "test";

    /// <summary>Image of <c>start</c>.</summary>
    public string Image { get; init; } = Repository.Bookworm;

    /// <summary>The Debian release of an image that hostctl builds for the lab itself, in place of <see cref="Image"/>; null where it builds none.</summary>
    public string? OwnImage { get; init; }

    /// <summary>Size of a file system of its own for its state directory; null where it has none.</summary>
    public int? StateMiB { get; init; }

    /// <summary>Further TOML lines by table: <c>migration</c> → <c>bandwidth_mib_per_second = 8</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Settings { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>Adds lines to a table.</summary>
    public LabOptions With(string table, params IReadOnlyList<string> lines) => this with
    {
        Settings = new Dictionary<string, IReadOnlyList<string>>(Settings, StringComparer.Ordinal)
        {
            [table] = [.. Settings.GetValueOrDefault(table, []), .. lines],
        },
    };

    /// <summary>Takes those lines out of a table that begin with a key.</summary>
    public LabOptions Without(string table, string key) => this with
    {
        Settings = new Dictionary<string, IReadOnlyList<string>>(Settings, StringComparer.Ordinal)
        {
            [table] = [.. Settings.GetValueOrDefault(table, []).Where(line => !line.StartsWith(key, StringComparison.Ordinal))],
        },
    };
}
