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
    private const NotLiveMethods Any = NotLiveMethods.Restart | NotLiveMethods.SaveRestore | NotLiveMethods.DetachReattach;

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
        var byName = context.Inventory.VirtualMachines
            .Where(machine => answers._answers.ContainsKey(machine.Domain.Uuid))
            .ToDictionary(static machine => machine.Name, machine => answers._answers[machine.Domain.Uuid], StringComparer.Ordinal);
        answers.Blockers =
        [
            .. answers.Blockers.Where(blocker => byName.GetValueOrDefault(blocker.Subject)?.Lifts(blocker) != true)
                .Union(OfStopped(context, checks, Names(MoveMethod.Restart)))
                .Union(OfRoom(context, byName)),
        ];
        return answers;

        HashSet<string> Names(MoveMethod method) => byName.Where(pair => pair.Value.Method == method).Select(static pair => pair.Key).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What a running VM was started with does not matter to one that is started anew; its next start then has to fit.</summary>
    /// <param name="machine">The VM.</param>
    internal static NotLiveMethods ByNextStart(VirtualMachine machine) => machine.Domain.IsActive ? NotLiveMethods.Restart : NotLiveMethods.None;

    private List<Blocker> Reasons(VirtualMachine machine) =>
        [.. Blockers.Where(blocker => blocker.AnsweredBy != NotLiveMethods.None && string.Equals(blocker.Subject, machine.Name, StringComparison.Ordinal))];

    private void Weigh(VirtualMachine machine, VmPolicy policy)
    {
        var (method, answers, refusal) = policy.WhenNotLive switch
        {
            NotLivePolicy.Restart => (MoveMethod.Restart, NotLiveMethods.Restart, WhyNoRestart(machine)),
            NotLivePolicy.SaveRestore => (MoveMethod.SaveRestore, NotLiveMethods.SaveRestore, WhyNoSave(machine)),
            NotLivePolicy.DetachReattach => (MoveMethod.Copy, NotLiveMethods.DetachReattach, WhyNoDetachment(machine)),
            NotLivePolicy.Leave => (MoveMethod.Leave, Any, null),
            _ => (MoveMethod.Copy, NotLiveMethods.None, null),
        };
        var reasons = Reasons(machine).ToLookup(reason => (reason.AnsweredBy & answers) != NotLiveMethods.None);
        // What its policy does not answer forbids the swap as ever. Room for a copy is what one that is not copied can do without.
        if (!reasons[true].Any() || reasons[false].Any(reason => method == MoveMethod.Copy || reason.Code is not Blocker.Memory))
            return;
        if (refusal is not null)
            Blockers = [.. Blockers, refusal];
        else
            _answers[machine.Domain.Uuid] = new NotLiveAnswer(method, answers, [.. reasons[true].Select(static reason => reason.Problem)], policy.ShutdownDeadline, machine.Definition?.MemoryBytes ?? 0);
    }

    private static Blocker? WhyNoSave(VirtualMachine machine) => machine.Domain.Persistent
        ? null
        : new Blocker(
            "save-restore", machine.Name, "it cannot be saved instead: it is transient, and libvirt saves none such to be restored by a start", "Define it persistently with 'virsh define'.");

    private static Blocker? WhyNoDetachment(VirtualMachine machine) => machine.Domain.State is DomainState.Running or DomainState.Blocked
        ? null
        : new Blocker(
            "detach-reattach", machine.Name, "nothing can be detached from it: only a guest that runs lets go of a device", "Let it run ('virsh resume'), or shut it off.");

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
    /// </summary>
    private static IEnumerable<Blocker> OfStopped(PlanContext context, IReadOnlyList<IPlanCheck> checks, HashSet<string> stopped)
    {
        if (stopped.Count == 0)
            return [];
        var off = context with
        {
            Inventory = context.Inventory with
            {
                VirtualMachines = [.. context.Inventory.VirtualMachines.Select(machine => stopped.Contains(machine.Name) ? Stopped(machine) : machine)],
            },
        };
        return checks.SelectMany(check => check.Check(off)).Where(blocker => stopped.Contains(blocker.Subject));
    }

    /// <summary>Images of those that will be saved lie twice on the disk where they cannot be given to the new side as they are.</summary>
    private static IEnumerable<Blocker> OfRoom(PlanContext context, IReadOnlyDictionary<string, NotLiveAnswer> answers)
    {
        var saved = answers.Where(static pair => pair.Value.Method == MoveMethod.SaveRestore).ToList();
        var bytes = 2 * saved.Sum(static pair => pair.Value.MemoryBytes);
        return saved.Where(_ => bytes > context.FreeStateBytes).Select(pair => new Blocker(
            "save-restore",
            pair.Key,
            $"no room to save it: {bytes >> 20} MiB needed (twice the RAM of all that are to be saved), {context.FreeStateBytes >> 20} MiB free in {context.Settings.Paths.State}",
            "Free space there, or shut the VM down."));
    }

    private static VirtualMachine Stopped(VirtualMachine machine) => machine with
    {
        Domain = machine.Domain with { State = DomainState.ShutOff },
        Definition = machine.AtNextStart ?? machine.Definition,
    };
}

/// <summary>What becomes of one VM that cannot move live.</summary>
/// <param name="Method">How it is moved instead.</param>
/// <param name="Answers">Which reasons that answers.</param>
/// <param name="Reasons">Everything for which it cannot.</param>
/// <param name="ShutdownDeadline">How long its guest gets to shut down.</param>
/// <param name="MemoryBytes">Its RAM.</param>
internal sealed record NotLiveAnswer(MoveMethod Method, NotLiveMethods Answers, IReadOnlyList<string> Reasons, TimeSpan ShutdownDeadline, long MemoryBytes)
{
    /// <summary>Whether a blocker of the VM forbids nothing any more; room for a copy is what one that is not copied can do without.</summary>
    public bool Lifts(Blocker blocker) => (blocker.AnsweredBy & Answers) != NotLiveMethods.None || (Method != MoveMethod.Copy && blocker.Code is Blocker.Memory);

    /// <summary>That with its downtime, in words.</summary>
    public string InWords => $"{string.Join("; ", Reasons)}: {Method switch
    {
        MoveMethod.Copy => $"what cannot move is detached for its move, for which its guest has {DurationText.Format(ShutdownDeadline)}, or it stays; and attached again after",
        MoveMethod.Leave => "it stays where it is, and the swap does not end, until it is shut off and 'hostctl resume' is called",
        MoveMethod.SaveRestore => $"it is saved and restored, and stands still for as long as at most {MemoryBytes >> 20} MiB take to be written to the disk and read again",
        _ => $"it is shut down and started again, and off for as long as its own shutdown (at most {DurationText.Format(ShutdownDeadline)}, or it stays) and boot take",
    }}";
}
