using HostSwap.Orchestrator.Inventory;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>Packages that change, for people.</summary>
internal static class PackageText
{
    /// <summary>Writes them, and how many they are.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="packages">The packages, those on which security rests first.</param>
    /// <param name="all">Whether each is named, or those on which security rests alone: a new release changes hundreds.</param>
    public static void Write(IAnsiConsole console, IReadOnlyList<PackageChange> packages, bool all)
    {
        var named = packages.Where(package => all || package.Sensitive).ToList();
        if (named.Count > 0)
        {
            var table = Layout.Table("Package", "Now", "Then");
            foreach (var package in named)
                table.AddRow(Layout.Name(package.Name), Layout.Name(package.From ?? "absent"), Layout.Cell(package.To ?? "absent", package.Sensitive ? Tone.Good : Tone.Plain));
            console.Show(table);
        }

        var (added, removed) = (packages.Count(static package => package.From is null), packages.Count(static package => package.To is null));
        console.Line(packages.Count == 0
            ? "No package changes."
            : $"{Format.Count(packages.Count, "package")} in all: {packages.Count - added - removed} in another version, {added} added, {removed} removed{(all ? "" : " ('--format json' names them)")}.");
        console.WriteLine();
    }
}
