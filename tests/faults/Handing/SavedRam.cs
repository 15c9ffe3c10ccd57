using System.Text.Json.Nodes;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;

namespace HostSwap.Faults.Handing;

/// <summary>Whether a guest's RAM is in what its QEMU saves: asked of QEMU, of hostctl, and tried.</summary>
internal static class SavedRam
{
    private const string Capability = "x-ignore-shared";
    private const string Check = "saved-ram";

    /// <summary>Tells a QEMU to leave shared RAM out, as somebody else might, or a hostctl that dies thereafter.</summary>
    public static Task LeaveOutAsync(FaultRun run, Generation generation, Guest guest) => QmpClient.AskAsync(
        SocketOf(run, generation, guest),
        "migrate-set-capabilities",
        run.Token,
        new JsonObject { ["capabilities"] = new JsonArray(new JsonObject { ["capability"] = Capability, ["state"] = true }) });

    /// <summary>Whether QEMU leaves it out.</summary>
    public static async Task<bool> IsLeftOutAsync(FaultRun run, Generation generation, Guest guest) =>
        (await QmpClient.AskAsync(SocketOf(run, generation, guest), "query-migrate-capabilities", run.Token)).EnumerateArray()
            .Single(static one => one.GetProperty("capability").GetString() is Capability).GetProperty("state").GetBoolean();

    /// <summary>Requires that the doctor finds it, names the guest, and says what to do.</summary>
    public static async Task RequireFoundAsync(FaultRun run, Guest guest)
    {
        run.Require(await IsLeftOutAsync(run, await WhereAsync(run, guest), guest), "nothing leaves RAM out, so that there is nothing to be found");
        var check = await DiagnoseAsync(run, ExitCodes.ChecksFailed);
        run.Require(
            check is { Status: "error" } && check.Message.Contains(guest.Name, StringComparison.Ordinal) && check.Fix?.Contains("hostctl resume", StringComparison.Ordinal) == true,
            $"the doctor says: {check}");
    }

    /// <summary>
    /// Requires that it is there again wherever the guest is: QEMU says so, the doctor finds nothing, and the guest lives on out
    /// of an image that it was saved in.
    /// </summary>
    public static async Task RequireAsync(FaultRun run, Guest guest, bool save = true)
    {
        var generation = await WhereAsync(run, guest);
        run.Require(!await IsLeftOutAsync(run, generation, guest), $"the QEMU of {guest.Name} in gen-{generation.Number} leaves RAM out of what it saves");
        if (!save) return;
        var check = await DiagnoseAsync(run);
        run.Require(check is { Status: "ok" }, $"the doctor says: {check}");
        await generation.VirshAsync(["managedsave", guest.Uuid], run.Token);
        await generation.VirshAsync(["start", guest.Uuid], run.Token);
        await OuterHostLab.WaitForTicksAsync(guest, 5, run.Token);
    }

    private static async Task<CheckView?> DiagnoseAsync(FaultRun run, int? exitCode = null)
    {
        var result = await run.HostctlAsync(["doctor", "--format", "json"]);
        // On a machine of tests other checks may find something as well.
        if (exitCode is { } wanted) run.RequireExit(result, wanted);
        return HostctlDocuments.Read<ChecksView>(result.Output).Checks.SingleOrDefault(static check => check.Name is Check);
    }

    private static async Task<Generation> WhereAsync(FaultRun run, Guest guest)
    {
        var status = await run.Lab.Hostctl.StatusAsync(run.Token);
        return await run.Lab.GenerationAsync(status.Of(guest.Spec.Uuid).First(static vm => vm.State is "running" or "paused").Generation, run.Token);
    }

    private static string SocketOf(FaultRun run, Generation generation, Guest guest) => Handovers.PathsOf(run, generation).QmpSocket(guest.Spec.Uuid);
}
