using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl hold</c>.</summary>
internal sealed class HoldCommand : Verb
{
    private readonly Option<string> _reason = new("--reason") { Description = "Why, for those who find it", HelpName = "TEXT", Required = true };

    private readonly Option<string?> _until = new("--until")
    {
        Description = $"When it ends by itself: {PointInTime.Allowed}, or for how long ({DurationText.Allowed}) [default: when it is released]",
        HelpName = "WHEN",
    };

    /// <summary>Adds the verb to the grammar.</summary>
    public HoldCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "hold", "Has no swap begin until it is released, or its end has come.")
    {
        Add(_reason);
        Add(_until);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override bool Changes => true;

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation)
    {
        DateTimeOffset? until = invocation.Parsed.GetValue(_until) is { } text ? Read(text, invocation) : null;
        var hold = invocation.OpenHost().PlaceHold(invocation.Parsed.GetValue(_reason)!, Who(invocation.Services.Environment), until);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, HoldDocument.From(hold), json => json.HoldDocument);
        else
            invocation.Out.Line($"No swap begins {HoldText.End(hold, invocation.Zone)}. 'hostctl release {hold.Id}' releases it.");
        return Task.FromResult((int)ExitCode.Done);
    }

    private static DateTimeOffset Read(string text, Invocation invocation)
    {
        if (DurationText.TryParse(text, out var duration))
            return invocation.Services.Time.GetUtcNow() + duration;
        return PointInTime.TryParse(text, invocation.Zone, out var point)
            ? point
            : throw new UsageException($"--until {SafeText.Name(text)} is no time", $"Write {PointInTime.Allowed}, or {DurationText.Allowed}.");
    }

    /// <summary>sudo names who called it (sudo(8)).</summary>
    private static string Who(IReadOnlyDictionary<string, string?> environment) => new[] { "SUDO_USER", "LOGNAME", "USER" }
        .Select(name => environment.GetValueOrDefault(name)).FirstOrDefault(static name => !string.IsNullOrWhiteSpace(name)) ?? Environment.UserName;
}
