using System.Text;

namespace HostSwap.Lab.Hosts;

/// <summary>Writes a lab's hostswap.toml.</summary>
public static class LabConfiguration
{
    /// <summary>The file's text.</summary>
    public static string Write(LabOptions options, LabRecord record, FreeSubnet subnet)
    {
        var text = new StringBuilder()
            .AppendLine(Line("image", options.Image))
            .AppendLine();
        var settings = options
            .With("docker", Line("network", record.Network), Line("subnet", subnet.Cidr), Line("container_range", subnet.ContainerRange))
            // A test that wants a soak says so; the others see the old generation stopped when the swap is over.
            .With("generation", options.Settings.GetValueOrDefault("generation", []).Any(static line => line.StartsWith("soak", StringComparison.Ordinal)) ? [] : [Line("soak", "0s")])
            .With("storage", $"shared = [{Quoted(record.Guests)}]")
            .Settings;
        foreach (var (table, lines) in settings)
        {
            text.Append('[').Append(table).AppendLine("]");
            foreach (var line in lines) text.AppendLine(line);
            text.AppendLine();
        }

        return text.ToString();
    }

    /// <summary>One key with a text.</summary>
    public static string Line(string key, string value) => $"{key} = {Quoted(value)}";

    // Every value is a name or path of the lab's own making: no quote or backslash can stand in it.
    private static string Quoted(string value) => $"\"{value}\"";
}
