using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;

namespace HostSwap.Orchestrator.Comparing;

/// <summary>Two generations, compared.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The second.</param>
/// <param name="Differences">Everything in which they differ.</param>
public sealed record GenerationComparison(ComparedGeneration From, ComparedGeneration To, IReadOnlyList<HostDifference> Differences);

/// <summary>One generation as it was compared.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Image">Reference of its image.</param>
/// <param name="At">When it was as it was compared.</param>
/// <param name="Recorded">Whether that was written down when its VMs left it; otherwise it was looked at.</param>
public sealed record ComparedGeneration(int Number, string Image, DateTimeOffset At, bool Recorded);

/// <summary>Compares generations: those that hold VMs as they are, those that have been left as they were.</summary>
internal sealed class GenerationComparer(OuterHostParts parts)
{
    /// <summary>Compares two; null stands for the one before the active one, and for the active one.</summary>
    public async Task<GenerationComparison> RunAsync(int? from, int? to, CancellationToken cancellationToken)
    {
        var (first, second) = (Find(from) ?? parts.Generations.Previous(), Find(to) ?? parts.Generations.Active());
        var before = await ReadAsync(first, cancellationToken);
        var after = await ReadAsync(second, cancellationToken);
        return new GenerationComparison(Describe(first, before), Describe(second, after), HostComparison.Compare(before, after));
    }

    private static ComparedGeneration Describe(Generation generation, HostContents snapshot) =>
        new(generation.Number, generation.Record.Image, snapshot.At, generation.Role == GenerationRole.Retired);

    private Generation? Find(int? number) => number is { } given ? parts.Generations.Numbered(given) : null;

    private async Task<HostContents> ReadAsync(Generation generation, CancellationToken cancellationToken)
    {
        if (generation.Role == GenerationRole.Retired)
        {
            return LeftContents.Read(generation.Paths) ?? throw new EnvironmentException(
                $"nothing was written down of {generation.Name} when its VMs left it", "An older hostctl did not do that. Compare after the next swap.");
        }

        // Says what to do where it does not run.
        var init = await parts.Generations.InitPidAsync(generation, cancellationToken);
        await using var libvirt = parts.Connector.ConnectLibvirt(generation);
        return await HostReader.ReadAsync(libvirt, generation.Paths, parts.Time.GetUtcNow(), cancellationToken) with
        {
            Files = OperatorFile.ReadAll(init, parts.Settings.Carry.All),
        };
    }
}
