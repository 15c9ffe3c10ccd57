using System.Runtime.InteropServices;
using HostSwap.Faults;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;

// Makes every case of the table of fault cases happen for real, and asks the same oracle after each.
//   hostswap-faults [--quick] [--case 8,9] [--name TEXT] [--kill-points 3,17] [--out DIRECTORY]
//   hostswap-faults clean      removes what killed runs have left
using var stop = new CancellationTokenSource();
PosixSignalRegistration[] signals =
[
    .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        Console.Error.WriteLine($"faults: {context.Signal}: ending, and removing what was made");
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

    if (FaultOptions.TryParse(args) is not { } options)
    {
        await Console.Error.WriteLineAsync("usage: hostswap-faults [--quick] [--case N,…] [--name TEXT] [--kill-points N,…] [--out DIRECTORY] | hostswap-faults clean");
        return 2;
    }

    await Repository.RequireAsync(stop.Token);
    await LabJanitor.RemoveLeftoversAsync(stop.Token);
    return await new FaultSuite(options).RunAsync(stop.Token);
}
catch (LabException exception)
{
    await Console.Error.WriteLineAsync($"faults: {exception.Message}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("faults: interrupted; everything has been removed");
    return 130;
}
finally
{
    foreach (var signal in signals) signal.Dispose();
}
