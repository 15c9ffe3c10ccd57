using System.Runtime.InteropServices;
using HostSwap.Demo;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;

// Swaps a real host while guests run, and proves from outside and from inside each guest that nobody noticed.
//   hostswap-demo          runs it; KEEP=1 in the environment keeps the outer host for a look around
//   hostswap-demo clean    removes what killed or kept demos have left
using var stop = new CancellationTokenSource();
PosixSignalRegistration[] signals =
[
    .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        stop.Cancel();
    })),
];
try
{
    switch (args)
    {
        case []:
            await Repository.RequireAsync(stop.Token);
            var keep = Environment.GetEnvironmentVariable("KEEP") is { Length: > 0 } value && value is not "0";
            return await new DemoRun(keep).RunAsync(stop.Token);
        case ["clean"]:
            await DockerCli.RequireEngineAsync(stop.Token);
            foreach (var id in await LabJanitor.RemoveLeftoversAsync(stop.Token)) Console.WriteLine($"removed lab {id}");
            return 0;
        default:
            await Console.Error.WriteLineAsync("usage: hostswap-demo [clean]");
            return 2;
    }
}
catch (LabException exception)
{
    await Console.Error.WriteLineAsync($"demo: {exception.Message}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("demo: interrupted; everything has been removed");
    return 130;
}
finally
{
    foreach (var signal in signals) signal.Dispose();
}
