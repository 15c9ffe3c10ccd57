using System.CommandLine;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Holding;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl release</c>.</summary>
internal sealed class ReleaseCommand : Verb
{
    private readonly Argument<string[]> _ids = new("id")
    {
        Description = "The hold, as 'hostctl status' shows it; may be left out where there is only one",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _all = new("--all") { Description = "Release every hold" };

    /// <summary>Adds the verb to the grammar.</summary>
    public ReleaseCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "release", "Releases a hold: swaps may begin again.")
    {
        Add(_ids);
        Add(_all);
        Validators.Add(result =>
        {
            if (result.GetValue(_all) && result.GetValue(_ids) is [_, ..])
                result.AddError("release takes holds or --all, not both.");
        });
    }

    /// <inheritdoc/>
    protected override bool Changes => true;

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation)
    {
        var host = invocation.OpenHost();
        var holds = Chosen(invocation, host.GetHolds());
        foreach (var hold in holds)
        {
            if (host.ReleaseHold(hold.Id))
                invocation.Out.Line($"Released: {SafeText.Sentence(hold.Reason)} ({hold.Id}, by {SafeText.Name(hold.By)})");
        }

        if (holds.Count == 0)
            invocation.Out.Line("Nobody holds swaps.");
        return Task.FromResult((int)(holds.Count == 0 ? ExitCode.NothingToDo : ExitCode.Done));
    }

    private IReadOnlyList<Hold> Chosen(Invocation invocation, IReadOnlyList<Hold> holds)
    {
        var ids = invocation.Parsed.GetValue(_ids) ?? [];
        if (ids is [])
        {
            return invocation.Parsed.GetValue(_all) || holds.Count < 2
                ? holds
                : throw new UsageException($"there are {holds.Count} holds", $"Name the one that is to be released, or --all: {string.Join(", ", holds.Select(static hold => hold.Id))}.");
        }

        return [.. ids.Distinct(StringComparer.Ordinal).Select(id => holds.FirstOrDefault(hold => string.Equals(hold.Id, id, StringComparison.Ordinal))
            ?? throw new UsageException($"there is no hold {SafeText.Name(id)}", "'hostctl status' shows those that there are. Nothing was released."))];
    }
}
