using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Ledger;

/// <summary>Everything that a grid keeps, behind its ports; one for each kind of store. Close the ledger's writer and the silo before it.</summary>
public abstract class GridStorage : IDisposable
{
    /// <summary>Segments.</summary>
    public abstract ILedgerStore Ledger { get; }

    /// <summary>Segments, for auditors.</summary>
    public abstract ILedgerArchive Archive { get; }

    /// <summary>Who may append a member's entries.</summary>
    public abstract IClaimStore Claims { get; }

    /// <summary>Classes' epochs and first open slices.</summary>
    public abstract IClassHeads Classes { get; }

    /// <summary>Members, senders, meters.</summary>
    public abstract IMemberDirectory Directory { get; }

    /// <summary>Prices.</summary>
    public abstract IPriceHistory Prices { get; }

    /// <summary>Closed slices.</summary>
    public abstract ISliceHistory Slices { get; }

    /// <summary>Books of numbered entries.</summary>
    public abstract IEntryBooks Books { get; }

    /// <summary>Bills and the books.</summary>
    public abstract IBillStore Bills { get; }

    /// <summary>Forces grain state to disk.</summary>
    public abstract ICheckpointStore Checkpoints { get; }

    /// <summary>How many connections to a server it uses at the most; 0 if there is no server.</summary>
    public virtual int MostConnections => 0;

    /// <summary>Puts Orleans' grain state into this store, under the name of a storage provider.</summary>
    public abstract void AddGrainState(ISiloBuilder silo, string name);

    /// <summary>Puts Orleans' membership and reminders where they belong with this store.</summary>
    public abstract void AddCluster(ISiloBuilder silo);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
