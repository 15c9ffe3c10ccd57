namespace HostSwap.Lab.Hosts;

/// <summary>hostctl's documented exit codes, written down a second time: a change of one is a change of its interface.</summary>
public static class ExitCodes
{
    public const int Done = 0;
    public const int Usage = 2;
    public const int NothingToDo = 3;
    public const int RefusedByPlan = 4;
    public const int Locked = 5;
    public const int FailedOldSide = 6;
    public const int FailedBothSides = 7;
    public const int Interrupted = 8;
    public const int Environment = 9;
    public const int ChecksFailed = 10;
    public const int NeedsPerson = 12;
    public const int Unfinished = 13;
    public const int Held = 14;
}
