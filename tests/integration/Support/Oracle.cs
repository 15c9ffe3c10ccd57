using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;

namespace HostSwap.IntegrationTests.Support;

/// <summary>What must be true after whatever happened.</summary>
internal static class Oracle
{
    /// <summary>The witness saw no VM run twice.</summary>
    public static async Task NobodyRanTwiceAsync(Witness witness)
    {
        var report = await witness.StopAsync();
        report.DoubleRuns.ShouldBeEmpty();
    }

    /// <summary>Every guest that was running runs on, in one QEMU, in its first boot, and is listed once.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <param name="autostart">False in mid-swap, when VMs that have moved do not start by themselves.</param>
    public static async Task EveryGuestLivesOnAsync(OuterHostLab lab, CancellationToken cancellationToken, bool autostart = true)
    {
        var status = await lab.Hostctl.StatusAsync(cancellationToken);
        foreach (var guest in lab.Guests)
        {
            var vm = status.Of(guest.Spec.Uuid).ShouldHaveSingleItem($"{guest.Name} must be listed once");
            vm.State.ShouldBe(Words(guest.Spec.State), guest.Name);
            vm.Persistent.ShouldBe(guest.Spec.Persistent, guest.Name);
            if (autostart) vm.Autostart.ShouldBe(guest.Spec.Autostart, guest.Name);
            QemuProcess.All().Count(process => process.Uuid == guest.Spec.Uuid)
                .ShouldBe(guest.Spec.State is GuestState.ShutOff ? 0 : 1, $"QEMU processes of {guest.Name}");
            DefinitionFiles.Of(lab, guest.Spec.Uuid).Count.ShouldBe(guest.Spec.Persistent ? 1 : 0, $"persistent definitions of {guest.Name}");
            if (guest.Spec.State is GuestState.Running) await OuterHostLab.WaitForTicksAsync(guest, 5, cancellationToken);
            if (guest.Spec.State is not GuestState.ShutOff) guest.ReadLog().Judge().Problems.ShouldBeEmpty(guest.Name);
        }
    }

    /// <summary>Only these generations have a container, and the active one is the first of them.</summary>
    public static async Task GenerationsAreAsync(OuterHostLab lab, int active, CancellationToken cancellationToken, params int[] others)
    {
        var status = await lab.Hostctl.StatusAsync(cancellationToken);
        status.Active.Number.ShouldBe(active);
        status.Active.State.ShouldBe("running");
        (await lab.ContainersAsync(cancellationToken)).Count.ShouldBe(1 + others.Length, "containers of this outer host");
        new FileInfo(lab.Paths.ActiveLink).LinkTarget!.TrimEnd('/').ShouldEndWith($"/{active}");
    }

    /// <summary>The container of a generation exists and is stopped.</summary>
    public static async Task IsRetiredAsync(OuterHostLab lab, int number, CancellationToken cancellationToken)
    {
        var generation = await lab.GenerationAsync(number, cancellationToken);
        (await DockerCli.RunAsync(["inspect", "--format", "{{.State.Running}}", generation.Container], cancellationToken)).ShouldBe("false");
        var status = await lab.Hostctl.StatusAsync(cancellationToken);
        var view = status.Generations.Single(view => view.Number == number);
        view.Role.ShouldBe("retired");
        view.State.ShouldBe("stopped");
    }

    private static string Words(GuestState state) => state switch
    {
        GuestState.Running => "running",
        GuestState.Paused => "paused",
        _ => "shut off",
    };
}
