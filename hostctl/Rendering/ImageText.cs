using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Images;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>Host images for people.</summary>
internal static class ImageText
{
    /// <summary>Writes what there is.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<HostImage> images, TimeZoneInfo zone)
    {
        if (images.Count == 0)
        {
            console.Line("There is no host image. Build one with 'hostctl image build', or load one with 'docker load'.", Tone.Doubtful);
            return;
        }

        var table = Layout.Table(["Image", "Digest", .. HostImageContract.VersionLabels.Select(static label => label.Part), "Built", ">Size", "Needed by"]);
        foreach (var (image, neededBy) in images)
        {
            table.AddRow(
            [
                Layout.Name(NameOf(image)),
                Layout.Cell(Format.Digest(image.Id)),
                .. HostImageContract.VersionLabels.Select(label => Layout.Name(image.Labels.GetValueOrDefault(label.Label) ?? "?")),
                Layout.Cell(Format.Moment(image.CreatedAt, zone)),
                Layout.Cell(Format.Bytes(image.Bytes)),
                Layout.Cell(neededBy.Count == 0 ? "-" : string.Join(", ", neededBy)),
            ]);
        }

        console.Show(table);
    }

    /// <summary>Writes one, with its packages.</summary>
    public static void Write(IAnsiConsole console, ImageContents contents, TimeZoneInfo zone)
    {
        var (image, neededBy) = contents.Image;
        console.Line($"{NameOf(image)} ({Format.Digest(image.Id)}), built {Format.Moment(image.CreatedAt, zone)}, {Format.Bytes(image.Bytes)}", Tone.Strong);
        console.Line(neededBy.Count == 0 ? "Nothing needs it." : $"It is needed by {string.Join(", ", neededBy)}.");
        foreach (var (label, value) in image.Labels.OrderBy(static label => label.Key, StringComparer.Ordinal))
            console.Line($"  {SafeText.Name(label)}: {SafeText.Sentence(value)}", Tone.Faint);
        var table = Layout.Table("Package", "Version", "Source");
        foreach (var package in contents.Packages.OrderBy(static package => package.Name, StringComparer.Ordinal))
            table.AddRow(Layout.Name(package.Name), Layout.Name(package.Version), Layout.Name(package.Source ?? package.Name));
        console.Show(table);
    }

    /// <summary>Writes what differs between two.</summary>
    public static void Write(IAnsiConsole console, ImageComparison comparison)
    {
        console.Line($"{NameOf(comparison.From)} ({Format.Digest(comparison.From.Id)}) and {NameOf(comparison.To)} ({Format.Digest(comparison.To.Id)}):");
        PackageText.Write(console, comparison.Packages, all: true);
    }

    /// <summary>Its names, or that it has none.</summary>
    public static string NameOf(StoredImage image) => image.Names.Count == 0 ? "without a name" : string.Join(", ", image.Names);
}
