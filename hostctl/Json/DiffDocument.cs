using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Comparing;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl diff --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/diff/1</c>.</param>
/// <param name="Same">Whether there is no difference.</param>
/// <param name="From">The first generation.</param>
/// <param name="To">The second.</param>
/// <param name="Differences">Everything in which they differ.</param>
internal sealed record DiffDocument(
    string Schema, bool Same, ComparedGenerationDto From, ComparedGenerationDto To, IReadOnlyList<DifferenceDto> Differences)
{
    /// <summary>Maps the orchestrator's comparison.</summary>
    public static DiffDocument Of(GenerationComparison comparison) => new(
        "hostswap/diff/1",
        comparison.Differences.Count == 0,
        ComparedGenerationDto.Map(comparison.From),
        ComparedGenerationDto.Map(comparison.To),
        [.. comparison.Differences.Select(DifferenceDto.From)]);
}

/// <summary>One generation as it was compared.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Image">Reference of its image.</param>
/// <param name="At">When it was as it was compared.</param>
/// <param name="Recorded">Whether that was written down when its VMs left it.</param>
internal sealed record ComparedGenerationDto(int Number, string Image, DateTimeOffset At, bool Recorded)
{
    /// <summary>Maps the orchestrator's generation.</summary>
    public static ComparedGenerationDto Map(ComparedGeneration generation) => new(generation.Number, generation.Image, generation.At, generation.Recorded);
}

/// <summary>One difference.</summary>
/// <param name="Kind"><c>missing</c> (only the first has it), <c>extra</c> (only the second has it) or <c>changed</c>.</param>
/// <param name="Subject">What differs, as in <c>network default</c>: untrusted text.</param>
/// <param name="What">In what, in words.</param>
/// <param name="Diff">Both definitions as a unified diff; absent where they are the same.</param>
internal sealed record DifferenceDto(string Kind, string Subject, string What, string? Diff)
{
    /// <summary>Maps the orchestrator's difference.</summary>
    public static DifferenceDto From(HostDifference difference) =>
        new(Words.Of(difference.Kind), difference.Subject, difference.What, difference.Diff.Length == 0 ? null : difference.Diff);
}
