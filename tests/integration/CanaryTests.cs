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
        planned.Entries.ShouldNotContain(static entry => entry.Result != "done");
        await NoneIsLeftAsync(lab, 1);

        await MustAsync(lab, ["swap", "--yes", "--image", Repository.Trixie]);
        await ShouldHaveMovedAsync(lab, "swap", flights: 0, "handover");
        await MustAsync(lab, ["rollback", "--yes"]);
        await ShouldHaveMovedAsync(lab, "rollback", flights: 2, "handover");
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
        await MustAsync(lab, ["swap", "--yes", "--image", Repository.Bookworm]);
        await RefuseCanariesAsync(first);
        await using var witness = Witness.Start(lab.Guests);

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
    public async Task A_machine_type_whose_canary_fails_is_copied_and_the_others_are_handed_over()
    {
        await using var lab = await StartAsync(Repository.Bookworm);
        await lab.AddGuestsAsync(await lab.GenerationAsync(1, Token), [Vm, Vm with { Name = "old", Uuid = Guid.NewGuid(), MachineType = "pc-i440fx-7.2" }], Token);
        await using var witness = Witness.Start(lab.Guests);
        var rehearsal = await lab.Hostctl.ReadAsync<PlanView>(["plan", "--image", Repository.Trixie], Token);
        rehearsal.Plan.Moves.ShouldAllBe(static move => move.Method == "handover");
        var flown = (await LastAsync(lab, "plan")).Entries.Where(static entry => entry.Step.StartsWith("canary-", StringComparison.Ordinal)).ToList();
        flown.Count(static entry => entry.Step is Starts).ShouldBe(4, "each machine type is handed over and copied");
        TestContext.Current.TestOutputHelper?.WriteLine($"canaries of two machine types: {flown.Sum(static entry => entry.ElapsedMs)} ms");
        await MustAsync(lab, ["swap", "--yes", "--image", Repository.Trixie]);
        await RefuseCanariesAsync(await lab.GenerationAsync(1, Token), "pc-i440fx");

        await MustAsync(lab, ["rollback", "--yes"]);

        var moves = (await LastAsync(lab, "rollback")).Moves.ToDictionary(static move => move.Name, StringComparer.Ordinal);
        moves["web"].Method.ShouldBe("handover", moves["web"].Reason);
        moves["old"].Method.ShouldBe("copy", moves["old"].Reason);
        moves["old"].Reason.ShouldContain("a canary could not be handed over from gen-2 to gen-1 (pc-i440fx-7.2 with CPU Nehalem)");
        TestContext.Current.TestOutputHelper?.WriteLine(moves["old"].Reason);
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        await NoneIsLeftAsync(lab, 1);
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
        new LabOptions { Purpose = "canary", Image = image }.With("memory", "size = \"4GiB\"").With("generation", "soak = \"1h\""), Token);

    /// <summary>Of several hooks libvirt asks each, and a refusal of one is a refusal (libvirt's "Hooks for specific system management").</summary>
    private static async Task RefuseCanariesAsync(Generation generation, string machine = "")
    {
        const string Hook = "/etc/libvirt/hooks/qemu.d/00-no-canary";
        // libvirt gives it the domain's definition to read.
        var script = $"#!/bin/sh\ncase $1-$2 in hostswap-canary*-started) ! grep -q \"machine='{machine}\" ;; esac\n";
        await generation.RunAsync(["tee", Hook], Token, script);
        await generation.RunAsync(["chmod", "755", Hook], Token);
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
