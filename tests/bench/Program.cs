using System.Runtime.InteropServices;
using HostSwap.Bench;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;

// Measures handover, copy and plain virsh side by side, on one machine, in one run and on the same guests.
//   hostswap-bench [--section 1,2,3,4] [--sizes MIB,…] [--host VMSxMIB] [--out DIRECTORY]   BENCH=quick for a small version
//   hostswap-bench clean                                                 removes what killed runs have left
using var stop = new CancellationTokenSource();
PosixSignalRegistration[] signals =
[
    .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        Console.Error.WriteLine($"bench: {context.Signal}: ending, and removing what was made");
        stop.Cancel();
    })),
];
try
{
    if (args is ["clean"])
    {
        await DockerCli.RequireEngineAsync(stop.Token);
        foreach (var id in await LabJanitor.RemoveLeftoversAsync(stop.Token)) Console.WriteLine($"removed lab {id}");
        return 0;
    }

    if (BenchOptions.TryParse(args) is not { } options)
    {
        await Console.Error.WriteLineAsync("usage: [BENCH=full|quick] hostswap-bench [--section 1,2,3,4] [--sizes MIB,…] [--host VMSxMIB] [--out DIRECTORY] | hostswap-bench clean");
        return 2;
    }

    await Repository.RequireAsync(stop.Token);
    await LabJanitor.RemoveLeftoversAsync(stop.Token);
    return await new BenchRun(options).RunAsync(stop.Token);
}
catch (LabException exception)
{
    await Console.Error.WriteLineAsync($"bench: {exception.Message}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("bench: interrupted; everything has been removed");
    return 130;
}
finally
{
    foreach (var signal in signals) signal.Dispose();
}
