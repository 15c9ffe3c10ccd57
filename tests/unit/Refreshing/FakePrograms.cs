using HostSwap.Orchestrator.Processes;

namespace HostSwap.UnitTests.Refreshing;

/// <summary>Programs that answer what they were given, by the words of their command line.</summary>
internal sealed class FakePrograms : IProgramRunner
{
    public Dictionary<string, ProgramOutcome> Outcomes { get; } = new(StringComparer.Ordinal);

    /// <summary>Thrown instead of an answer.</summary>
    public Dictionary<string, Exception> Failures { get; } = new(StringComparer.Ordinal);

    public List<ProgramCall> Calls { get; } = [];

    public Task<ProgramOutcome> RunAsync(ProgramCall call, CancellationToken cancellationToken)
    {
        Calls.Add(call);
        var line = string.Join(' ', call.Command);
        return Failures.TryGetValue(line, out var failure) ? Task.FromException<ProgramOutcome>(failure) : Task.FromResult(Outcomes.GetValueOrDefault(line) ?? new ProgramOutcome(0, "", ""));
    }
}
