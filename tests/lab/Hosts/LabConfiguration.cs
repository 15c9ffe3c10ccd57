using System.Text;

namespace HostSwap.Lab.Hosts;

/// <summary>Writes a lab's hostswap.toml.</summary>
public static class LabConfiguration
{
    /// <summary>The file's text.</summary>
    public static string Write(LabOptions options, LabRecord record, FreeSubnet subnet)
    {
        var text = new StringBuilder()
            .AppendLine(Line("image", options.OwnImage is { } suite ? record.Image(suite) : options.Image))
            .AppendLine();
        var own = options.OwnImage is null
            ? options
            : options.With("build", Line("suite", options.OwnImage), Line("recipe", Path.Join(Repository.Root, "images")), Line("overlay", record.Overlay));
        var settings = own
            .With("docker", Line("network", record.Network), Line("subnet", subnet.Cidr), Line("container_range", subnet.ContainerRange))
            .With("storage", $"shared = [{Quoted(record.Guests)}]")
            // A test that wants a soak says so; the others see the old generation stopped when the swap is over.
            .OrElse("generation", "soak", "0s")
            // So one that is about canaries: before copies alone they would cost every test some seconds.
            .OrElse("migration", "canaries", "handover")
            .Settings;
        foreach (var (table, lines) in settings)
        {
            text.Append('[').Append(table).AppendLine("]");
            foreach (var line in lines) text.AppendLine(line);
            text.AppendLine();
        }

        return text.ToString();
    }

    private static LabOptions OrElse(this LabOptions options, string table, string key, string value) =>
        options.Settings.GetValueOrDefault(table, []).Any(line => line.StartsWith(key, StringComparison.Ordinal)) ? options : options.With(table, Line(key, value));

    /// <summary>One key with a text.</summary>
    public static string Line(string key, string value) => $"{key} = {Quoted(value)}";

    // Every value is a name or path of the lab's own making: no quote or backslash can stand in it.
    private static string Quoted(string value) => $"\"{value}\"";
}
