using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl doctor --format json</c> and <c>hostctl verify --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/doctor/1</c> or <c>hostswap/verify/1</c>.</param>
/// <param name="Healthy">Whether no check is an error.</param>
/// <param name="Errors">How many checks are errors.</param>
/// <param name="Warnings">How many checks are warnings.</param>
/// <param name="Checks">Every check, in the order in which they were made.</param>
internal sealed record ChecksDocument(
    string Schema, bool Healthy, int Errors, int Warnings, IReadOnlyList<CheckDto> Checks)
{
    /// <summary>Maps the orchestrator's checks.</summary>
    public static ChecksDocument From(string schema, IReadOnlyList<HealthCheck> checks)
    {
        var errors = checks.Count(check => check.Status == HealthStatus.Error);
        var warnings = checks.Count(check => check.Status == HealthStatus.Warning);
        return new(schema, errors == 0, errors, warnings, [.. checks.Select(CheckDto.From)]);
    }
}

/// <summary>One check.</summary>
/// <param name="Subject">The VM or generation that it is about; absent where it is the machine as a whole.</param>
/// <param name="Name">Its stable name.</param>
/// <param name="Status"><c>ok</c>, <c>warning</c> or <c>error</c>.</param>
/// <param name="Message">What was seen.</param>
/// <param name="Fix">What to do; absent where nothing needs to be done.</param>
internal sealed record CheckDto(string? Subject, string Name, string Status, string Message, string? Fix)
{
    /// <summary>Maps the orchestrator's check.</summary>
    public static CheckDto From(HealthCheck check) =>
        new(check.Subject.Length == 0 ? null : check.Subject, check.Name, Words.Of(check.Status), check.Message, check.Fix.Length == 0 ? null : check.Fix);
}

/// <summary><c>hostctl abort --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/abort/1</c>.</param>
/// <param name="Changed">Whether an operation ran and was ended.</param>
/// <param name="Operation">Its number.</param>
/// <param name="Result">How it ended, as in <c>interrupted</c>.</param>
/// <param name="Summary">One sentence for people.</param>
internal sealed record AbortDocument(string Schema, bool Changed, long? Operation, string? Result, string? Summary)
{
    /// <summary>Maps the operation that has ended; null for none.</summary>
    public static AbortDocument Of(Operation? ended) => new(
        "hostswap/abort/1", ended is not null, ended?.Id, ended is null ? null : Words.Of(ended.Result), ended?.Summary);
}

/// <summary><c>hostctl version --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/version/1</c>.</param>
/// <param name="Version">hostctl's version, with the commit where it is known.</param>
/// <param name="Runtime">The .NET runtime that it contains.</param>
/// <param name="Architecture">The processor architecture that it was built for.</param>
internal sealed record VersionDocument(string Schema, string Version, string Runtime, string Architecture);
