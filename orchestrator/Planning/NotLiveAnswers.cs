using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Planning;

/// <summary>
/// What becomes of the VMs that cannot move live: of each every reason at once, whether its policy answers it, and what then
/// still forbids the swap.
/// </summary>
internal sealed class NotLiveAnswers
{
    private readonly Dictionary<Guid, NotLiveAnswer> _answers = [];

    private NotLiveAnswers(IReadOnlyList<Blocker> blockers) => Blockers = blockers;

    /// <summary>What forbids the swap, whatever the policies say.</summary>
    public IReadOnlyList<Blocker> Blockers { get; private set; }

    /// <summary>What becomes of a VM; null where it moves as ever.</summary>
    public NotLiveAnswer? Find(Guid vm) => _answers.GetValueOrDefault(vm);

    /// <summary>Weighs what the checks say.</summary>
    /// <param name="context">Both sides.</param>
    /// <param name="checks">The checks.</param>
    public static NotLiveAnswers Of(PlanContext context, IReadOnlyList<IPlanCheck> checks)
    {
        var answers = new NotLiveAnswers([.. checks.SelectMany(check => check.Check(context))]);
        var machines = context.Inventory.VirtualMachines.Where(machine => machine.Domain.IsActive && answers.Reasons(machine).Count > 0).ToList();
        foreach (var machine in machines)
            answers.Weigh(machine, VmPolicy.Of(machine, context.Settings));
        answers.LookAgain(context, checks);
        return answers;
    }

    private List<Blocker> Reasons(VirtualMachine machine) =>
        [.. Blockers.Where(blocker => blocker.ForbidsLiveOnly && string.Equals(blocker.Subject, machine.Name, StringComparison.Ordinal))];

    private void Weigh(VirtualMachine machine, VmPolicy policy)
    {
        if (policy.WhenNotLive != NotLivePolicy.Restart)
            return;
        if (WhyNoRestart(machine) is { } blocker)
            Blockers = [.. Blockers, blocker];
        else
            _answers[machine.Domain.Uuid] = new NotLiveAnswer(MoveMethod.Restart, [.. Reasons(machine).Select(static reason => reason.Problem)], policy.ShutdownDeadline);
    }

    private static Blocker? WhyNoRestart(VirtualMachine machine) => machine switch
    {
        { Domain.Persistent: false } => new Blocker(
            "restart", machine.Name, "it cannot be restarted instead: it is transient, and nothing of it would be left once it is shut down", "Define it persistently with 'virsh define'."),
        { Domain.State: not (DomainState.Running or DomainState.Blocked) } => new Blocker(
            "restart", machine.Name, "it cannot be restarted instead: only a guest that runs can shut itself down", "Let it run ('virsh resume'), or shut it off."),
        { Definition.OnPowerOff: not "destroy" and var action } => new Blocker(
            "restart", machine.Name, $"it cannot be restarted instead: its shutdown would not end it (on_poweroff is {action})", "Set on_poweroff to destroy, or shut it off."),
        _ => null,
    };

    /// <summary>
    /// Those that will be shut down are looked at as they will be then: shut off, and with the definition of their next start.
    /// Of what is said of them as they run, room for a copy is all that does not matter any more.
    /// </summary>
    private void LookAgain(PlanContext context, IReadOnlyList<IPlanCheck> checks)
    {
        var stopped = context.Inventory.VirtualMachines.Where(machine => _answers.ContainsKey(machine.Domain.Uuid)).Select(static machine => machine.Name).ToHashSet(StringComparer.Ordinal);
        if (stopped.Count == 0)
            return;
        var off = context with
        {
            Inventory = context.Inventory with
            {
                VirtualMachines = [.. context.Inventory.VirtualMachines.Select(machine => stopped.Contains(machine.Name) ? Stopped(machine) : machine)],
            },
        };
        Blockers =
        [
            .. Blockers.Where(blocker => !stopped.Contains(blocker.Subject) || (!blocker.ForbidsLiveOnly && blocker.Code is not Blocker.Memory))
                .Union(checks.SelectMany(check => check.Check(off)).Where(blocker => stopped.Contains(blocker.Subject))),
        ];
    }

    private static VirtualMachine Stopped(VirtualMachine machine) => machine with
    {
        Domain = machine.Domain with { State = DomainState.ShutOff },
        Definition = machine.AtNextStart ?? machine.Definition,
    };
}

/// <summary>What becomes of one VM that cannot move live.</summary>
/// <param name="Method">How it is moved instead.</param>
/// <param name="Reasons">Everything for which it cannot.</param>
/// <param name="ShutdownDeadline">How long its guest gets to shut down.</param>
internal sealed record NotLiveAnswer(MoveMethod Method, IReadOnlyList<string> Reasons, TimeSpan ShutdownDeadline)
{
    /// <summary>That with its downtime, in words.</summary>
    public string InWords =>
        $"{string.Join("; ", Reasons)}: it is shut down and started again, and off for as long as its own shutdown (at most {DurationText.Format(ShutdownDeadline)}, or it stays) and boot take";
}
