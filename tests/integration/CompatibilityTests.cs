using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>From the older release to the newer and back: what the newer has dropped is named, and what it is not blamed for really moves.</summary>
public sealed class CompatibilityTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_newer_release_has_dropped_is_told_at_once_and_what_is_not_told_moves_there_and_back()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "compatibility" }.With("generation", "soak = \"1h\""), Token);
        var source = await lab.GenerationAsync(1, Token);
        var off = new GuestSpec("") { State = GuestState.ShutOff };
        await lab.AddGuestsAsync(
            source,
            [
                // libvirt writes every feature that they have into their live definitions, and looks for each in the new QEMU.
                new GuestSpec("checked") { Cpu = XElement.Parse("<cpu mode='custom' match='exact' check='partial'><model fallback='forbid'>Nehalem</model></cpu>"), ExtraDevices = Rich },
                new GuestSpec("old-pc") { MachineType = "pc-i440fx-6.2" },
                off with { Name = "guarded", Uuid = Guid.NewGuid(), ExtraDevices = [XElement.Parse("<watchdog model='i6300esb' action='none'/>")] },
                off with { Name = "old-machine", Uuid = Guid.NewGuid(), MachineType = "pc-i440fx-2.0" },
                off with { Name = "desktop", Uuid = Guid.NewGuid(), ExtraDevices = [XElement.Parse("<graphics type='spice'/>"), XElement.Parse("<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>"), XElement.Parse("<redirdev bus='usb' type='spicevmc'/>")] },
            ],
            Token);
        await using var witness = Witness.Start(lab.Guests);

        var result = await lab.Hostctl.RunAsync(["plan", "--image", Repository.Trixie, "--format", "json"], Token);

        result.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, result.Describe());
        var plan = HostctlDocuments.Read<PlanView>(result.Output).Plan;
        plan.Blockers.Select(static blocker => $"{blocker.Code} {blocker.Subject}").Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal)
            .ShouldBe(["device desktop", "machine-type old-machine"], result.Output);
        var desktop = string.Join("; ", plan.Blockers.Where(static blocker => blocker.Subject is "desktop").Select(static blocker => blocker.Problem));
        desktop.ShouldContain("display of type spice");
        desktop.ShouldContain("channel of type spicevmc");
        plan.Warnings.ShouldContain(static warning => warning.StartsWith("old-pc: machine type pc-i440fx-6.2 is deprecated in gen-2", StringComparison.Ordinal));
        plan.Moves.Where(static move => !move.CanComeBack).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            static move => move.Name.ShouldBe("guarded"), static move => move.NoWayBack!.ShouldContain("takes a single one"));

        foreach (var name in new[] { "old-machine", "desktop", "guarded" })
            await source.VirshAsync(["undefine", lab.Guests.Single(guest => string.Equals(guest.Name, name, StringComparison.Ordinal)).Uuid], Token);
        foreach (var arguments in new string[][] { ["swap", "--yes", "--image", Repository.Trixie], ["rollback", "--yes"] })
        {
            var move = await lab.Hostctl.RunAsync(arguments, Token);
            move.ExitCode.ShouldBe(ExitCodes.Done, move.Describe());
        }

        foreach (var guest in lab.Guests.Where(static guest => guest.Spec.State is GuestState.Running))
            await OuterHostLab.WaitForTicksAsync(guest, 2, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
    }

    /// <summary>Devices of every kind that both releases have and that need nothing of the outer host.</summary>
    private static IReadOnlyList<XElement> Rich =>
    [
        XElement.Parse("<controller type='scsi' model='virtio-scsi'/>"),
        XElement.Parse("<controller type='usb' model='qemu-xhci'/>"),
        XElement.Parse("<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"),
        XElement.Parse("<input type='tablet' bus='usb'/>"),
        XElement.Parse("<sound model='ich9'/>"),
        XElement.Parse("<graphics type='vnc' autoport='yes' listen='127.0.0.1'/>"),
    ];
}
