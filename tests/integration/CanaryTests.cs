using System.Globalization;
using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;
using HostSwap.Orchestrator.Inventory;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>The guest of hostctl's own that goes before the VMs, as the kernel, libvirt and the memory mount show it.</summary>
public sealed class CanaryTests
{
    private const string Starts = "canary-start";
    private const string Moves = "canary-move";
    private const string Old = "pc-i440fx-7.2";
    private const string Hook = "/etc/libvirt/hooks/qemu.d/00-no-canary";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_it_proves_is_trusted_by_the_next_swap_of_the_same_images()
    {
        await using var lab = await StartAsync(Repository.Bookworm);
        await lab.AddGuestsAsync(await lab.GenerationAsync(1, Token), [Vm], Token);
        await using var witness = Witness.Start(lab.Guests);

        var plan = await lab.Hostctl.ReadAsync<PlanView>(["plan", "--image", Repository.Trixie], Token);
        plan.Plan.Moves.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            static move => move.Method.ShouldBe("handover", move.Reason), static move => move.Reason.ShouldContain("proven by a canary on "));
        var planned = await LastAsync(lab, "plan");
        planned.Entries.Where(static entry => entry.Step is Starts).Select(static entry => entry.Result).ShouldBe(["done", "done"], "one is handed over, one copied");
        planned.Entries.Count(static entry => entry.Step is Moves).ShouldBe(4, "each there and back");
        Tell(planned);
        planned.Entries.ShouldNotContain(static entry => entry.Result != "done");
        await NoneIsLeftAsync(lab, 1);

        await MustAsync(lab, ["swap", "--yes", "--image", Repository.Trixie]);
        await ShouldHaveMovedAsync(lab, "swap", flights: 0, "handover");
        await MustAsync(lab, ["rollback", "--yes"]);
        await ShouldHaveMovedAsync(lab, "rollback", flights: 0, "handover");
        await MustAsync(lab, ["swap", "--yes", "--image", Repository.Trixie]);
        await ShouldHaveMovedAsync(lab, "swap", flights: 0, "handover");

        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        await NoneIsLeftAsync(lab, (await lab.Hostctl.StatusAsync(Token)).Active.Number);
    }

    [Fact]
    public async Task Where_it_cannot_be_handed_over_vms_are_copied_and_the_report_says_why()
    {
        await using var lab = await StartAsync(Repository.Trixie);
        var first = await lab.GenerationAsync(1, Token);
        await lab.AddGuestsAsync(first, [Vm], Token);
        await RefuseCanariesAsync(first, machine: null);
        await using var witness = Witness.Start(lab.Guests);

        var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Bookworm], Token);
        swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
        (swap.Output + swap.Error).ShouldContain("RAM would be copied on the way back: a canary could not be handed back from gen-2 to gen-1");
        await ShouldHaveMovedAsync(lab, "swap", flights: 2, "handover");
        var rollback = await lab.Hostctl.RunAsync(["rollback", "--yes"], Token);
        rollback.ExitCode.ShouldBe(ExitCodes.Done, rollback.Describe());
        (rollback.Output + rollback.Error).ShouldContain("a canary could not be handed over from gen-2 to gen-1");

        await ShouldHaveMovedAsync(lab, "rollback", flights: 1, "copy");
        (await LastAsync(lab, "rollback")).Moves.ShouldHaveSingleItem().Reason.ShouldContain("a canary could not be handed over");
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        await NoneIsLeftAsync(lab, 1);
        await NoneIsLeftAsync(lab, 2);
    }

    [Fact]
    public async Task Each_machine_type_flies_by_the_methods_of_its_vms_and_one_without_a_way_back_is_told()
    {
        await using var lab = await StartAsync(Repository.Bookworm);
        var first = await lab.GenerationAsync(1, Token);
        await lab.AddGuestsAsync(first, [Vm, new GuestSpec("old") { MachineType = Old, Disk = DiskFormat.Qcow2 }], Token);
        await using var witness = Witness.Start(lab.Guests);
        await RefuseCanariesAsync(first, Old);

        var rehearsal = await lab.Hostctl.ReadAsync<PlanView>(["plan", "--image", Repository.Trixie], Token);

        rehearsal.Plan.Blockers.ShouldBeEmpty();
        rehearsal.Plan.Moves.Single(static move => move.Name is "web").ShouldSatisfyAllConditions(
            static move => move.Method.ShouldBe("handover", move.Reason), static move => move.CanComeBack.ShouldBeTrue(move.NoWayBack));
        rehearsal.Plan.Moves.Single(static move => move.Name is "old").ShouldSatisfyAllConditions(
            static move => move.Method.ShouldBe("copy", move.Reason),
            static move => move.NoWayBack.ShouldNotBeNull().ShouldContain($"a canary could not be copied back from gen-2 to gen-1 ({Old} with CPU Nehalem)"));
        var flown = await LastAsync(lab, "plan");
        flown.Entries.Count(static entry => entry.Step is Starts).ShouldBe(3, "one is handed over and copied, the other copied alone");
        flown.Entries.Count(static entry => entry.Step is Moves).ShouldBe(6, "each there and back");
        Tell(flown);

        await MustAsync(lab, ["swap", "--yes", "--image", Repository.Trixie]);
        (await LastAsync(lab, "swap")).ShouldSatisfyAllConditions(
            static shown => shown.Entries.Count(static entry => entry.Step is Starts).ShouldBe(1, "only what failed is tried again"),
            static shown => shown.Moves.Select(static move => (move.Name, move.Method)).ShouldBe([("web", "handover"), ("old", "copy")], ignoreOrder: true));

        var refused = await lab.Hostctl.RunAsync(["rollback", "--yes"], Token);
        refused.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, refused.Describe());
        (refused.Output + refused.Error).ShouldContain($"a canary could not be copied from gen-2 to gen-1 ({Old} with CPU Nehalem)");
        (await lab.Hostctl.StatusAsync(Token)).Active.Number.ShouldBe(2);

        await first.RunAsync(["rm", Hook], Token);
        await MustAsync(lab, ["rollback", "--yes"]);
        var back = await LastAsync(lab, "rollback");
        back.Entries.Count(static entry => entry.Step is Starts).ShouldBe(1);
        Tell(back);
        await MustAsync(lab, ["swap", "--yes", "--image", Repository.Trixie]);
        (await LastAsync(lab, "swap")).Entries.ShouldNotContain(static entry => entry.Step == Starts, "all of it is recorded");

        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        await NoneIsLeftAsync(lab, (await lab.Hostctl.StatusAsync(Token)).Active.Number);
    }

    [Fact]
    public async Task One_that_a_dead_hostctl_has_left_is_no_vm_and_is_ended_by_the_next_operation()
    {
        await using var lab = await StartAsync(Repository.Trixie);
        var source = await lab.GenerationAsync(1, Token);
        var theirs = await lab.AddGuestAsync(source, Vm with { Name = CanaryMark.Name, Persistent = false }, Token);
        var ours = XElement.Parse((await lab.PrepareGuestAsync(source, new GuestSpec($"{CanaryMark.Name}-0a1b") { Prepared = true }, Token)).Xml);
        ours.Element("name")!.AddAfterSelf(new XElement("metadata", CanaryMark.Make()));
        await source.VirshAsync(["create", "/dev/stdin"], Token, ours.ToString());
        var uuid = Guid.Parse(ours.Element("uuid")!.Value);

        (await lab.Hostctl.StatusAsync(Token)).Of(uuid).ShouldBeEmpty();
        (await lab.Hostctl.ReadAsync<VmListView>(["vm", "list"], Token)).Vms.Select(static vm => vm.Name).ShouldBe([CanaryMark.Name]);
        var plan = await lab.Hostctl.ReadAsync<PlanView>(["plan", "--image", Repository.Trixie], Token);

        plan.Plan.Moves.ShouldHaveSingleItem().Name.ShouldBe(CanaryMark.Name, "the name alone makes no canary");
        (await source.DomainsAsync(Token)).ShouldBe([theirs.Spec.Uuid]);
        QemuProcess.All().ShouldNotContain(process => process.Uuid == uuid);
        (await LastAsync(lab, "plan")).Entries.ShouldContain(entry => entry.Step == "canary-end" && entry.Subject == uuid.ToString());
    }

    private static GuestSpec Vm => new("web") { Prepared = true, Disk = DiskFormat.Qcow2, FillMiB = 32 };

    private static async Task<OuterHostLab> StartAsync(string image) => await OuterHostLab.StartAsync(
        new LabOptions { Purpose = "canary", Image = image }.With("memory", "size = \"4GiB\"").With("generation", "soak = \"1h\"").With("migration", "canaries = \"all\""), Token);

    /// <summary>Of several hooks libvirt asks each, and a refusal of one is a refusal (libvirt's "Hooks for specific system management").</summary>
    /// <param name="generation">Where canaries come to, and are refused; those that start there are not.</param>
    /// <param name="machine">Of which machine type; null for those that are handed over.</param>
    private static async Task RefuseCanariesAsync(Generation generation, string? machine)
    {
        // libvirt gives it the domain's definition to read; of a handover it sees a RAM file with two names.
        var test = machine is null
            ? "[ -z \"$(find /run/hostswap/memory -xdev -type f -links +1 -print -quit)\" ]"
            : $"! grep -q \"machine='{machine}\"";
        var script = $"""
            #!/bin/sh
            comes=/run/comes-$1
            case $1-$2 in
                hostswap-canary*-migrate) touch "$comes" ;;
                hostswap-canary*-started) rm "$comes" 2>/dev/null || exit 0; {test} ;;
            esac

            """;
        await generation.RunAsync(["tee", Hook], Token, script);
        await generation.RunAsync(["chmod", "755", Hook], Token);
    }

    /// <summary>How long each flight took, from its start to its end.</summary>
    private static void Tell(ShowView shown)
    {
        foreach (var flight in shown.Entries.Where(static entry => entry.Step.StartsWith("canary-", StringComparison.Ordinal)).GroupBy(static entry => entry.Subject, StringComparer.Ordinal))
        {
            var steps = flight.ToList();
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{(steps[^1].ObservedAt - steps[0].IntendedAt)?.TotalMilliseconds:0} ms: {string.Join(", ", steps.Select(static step => $"{step.Step[7..]} {step.ElapsedMs:0}"))}"));
        }
    }

    private static async Task MustAsync(OuterHostLab lab, IReadOnlyList<string> arguments)
    {
        var result = await lab.Hostctl.RunAsync(arguments, Token);
        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
    }

    private static async Task ShouldHaveMovedAsync(OuterHostLab lab, string kind, int flights, string method)
    {
        var shown = await LastAsync(lab, kind);
        shown.Entries.Count(static entry => entry.Step is Starts).ShouldBe(flights);
        var move = shown.Moves.ShouldHaveSingleItem();
        move.Method.ShouldBe(method, move.Reason);
    }

    private static async Task<ShowView> LastAsync(OuterHostLab lab, string kind) =>
        await ShowAsync(lab, (await HistoryAsync(lab)).First(operation => string.Equals(operation.Kind, kind, StringComparison.Ordinal)).Id);

    private static async Task<IReadOnlyList<OperationView>> HistoryAsync(OuterHostLab lab) =>
        (await lab.Hostctl.ReadAsync<HistoryView>(["history"], Token)).Operations;

    private static Task<ShowView> ShowAsync(OuterHostLab lab, long operation) =>
        lab.Hostctl.ReadAsync<ShowView>(["show", operation.ToString(CultureInfo.InvariantCulture)], Token);

    /// <summary>Every canary that was ever started here.</summary>
    private static async Task<IReadOnlySet<Guid>> FlownAsync(OuterHostLab lab)
    {
        var flown = new HashSet<Guid>();
        foreach (var operation in await HistoryAsync(lab))
            flown.UnionWith((await ShowAsync(lab, operation.Id)).Entries.Where(static entry => entry.Step is Starts).Select(static entry => Guid.Parse(entry.Subject)));
        return flown;
    }

    /// <summary>No domain, no QEMU but the guests', no RAM file, no monitor.</summary>
    private static async Task NoneIsLeftAsync(OuterHostLab lab, int number)
    {
        var generation = await lab.GenerationAsync(number, Token);
        (await generation.VirshAsync(["list", "--all", "--name"], Token)).ShouldNotContain(CanaryMark.Name);
        var flown = await FlownAsync(lab);
        QemuProcess.All().ShouldNotContain(process => flown.Contains(process.Uuid));
        Directory.EnumerateDirectories(lab.Paths.Memory, $"*{CanaryMark.Name}*", SearchOption.AllDirectories).ShouldBeEmpty();
        var known = (await generation.DomainsAsync(Token)).Concat(lab.Guests.Select(static guest => guest.Spec.Uuid)).ToHashSet();
        Directory.EnumerateFiles(Path.Join(lab.Paths.GenerationRuntimes, number.ToString(CultureInfo.InvariantCulture), "qmp"))
            .ShouldAllBe(socket => known.Contains(Guid.Parse(Path.GetFileNameWithoutExtension(socket))));
    }
}
